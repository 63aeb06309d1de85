//! IP addresses and ranges of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cel::Value;

use super::known::Known;
use super::library::{Function, Shape, function, string, text_of, wrong};

/// An address with the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cidr {
    address: IpAddr,
    length: u8,
}

pub(super) const FUNCTIONS: [Function; 16] = [
    function(Shape::Global, "ip", |given, _| match given {
        [Value::String(text)] => read_ip(text).map(|address| Known::Ip(address).into()),
        _ => wrong(given),
    }),
    function(Shape::Global, "isIP", |given, _| match given {
        [value] => Ok(text_of(value)
            .is_some_and(|text| read_ip(text).is_ok())
            .into()),
        _ => wrong(given),
    }),
    function(Shape::Of("ip"), "isCanonical", |given, _| match given {
        [Value::String(text)] => Ok((read_ip(text)?.to_string() == **text).into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "family", |given, _| match given {
        [value] if let Some(address) = ip(value) => {
            Ok(Value::Int(if address.is_ipv4() { 4 } else { 6 }))
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "isUnspecified", |given, _| {
        is(given, |address| address.is_unspecified())
    }),
    function(Shape::Member, "isLoopback", |given, _| {
        is(given, |address| address.is_loopback())
    }),
    function(Shape::Member, "isLinkLocalMulticast", |given, _| {
        is(given, |address| match address {
            IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
            IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
        })
    }),
    function(Shape::Member, "isLinkLocalUnicast", |given, _| {
        is(given, is_link_local)
    }),
    // As in Go: private addresses are global ones too.
    function(Shape::Member, "isGlobalUnicast", |given, _| {
        is(given, |address| {
            let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
            !is_broadcast
                && !address.is_unspecified()
                && !address.is_loopback()
                && !address.is_multicast()
                && !is_link_local(address)
        })
    }),
    function(Shape::Global, "cidr", |given, _| match given {
        [Value::String(text)] => read_cidr(text).map(|cidr| Known::Cidr(cidr).into()),
        _ => wrong(given),
    }),
    function(Shape::Global, "isCIDR", |given, _| match given {
        [value] => Ok(text_of(value)
            .is_some_and(|text| read_cidr(text).is_ok())
            .into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "containsIP", |given, _| match given {
        [outer, inner] if let Some(cidr) = cidr(outer) => {
            let address = match inner {
                Value::String(text) => read_ip(text)?,
                other => match ip(other) {
                    Some(address) => address,
                    None => return wrong(given),
                },
            };
            Ok(cidr.contains(address).into())
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "containsCIDR", |given, _| match given {
        [outer, inner] if let Some(cidr) = cidr(outer) => {
            let inner = match inner {
                Value::String(text) => read_cidr(text)?,
                other => match self::cidr(other) {
                    Some(inner) => inner,
                    None => return wrong(given),
                },
            };
            Ok((inner.length >= cidr.length && cidr.contains(inner.address)).into())
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "ip", |given, _| match given {
        [value] if let Some(cidr) = cidr(value) => Ok(Known::Ip(cidr.address).into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "masked", |given, _| match given {
        [value] if let Some(cidr) = cidr(value) => Ok(Known::Cidr(Cidr {
            address: masked(cidr.address, cidr.length),
            ..cidr
        })
        .into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "prefixLength", |given, _| match given {
        [value] if let Some(cidr) = cidr(value) => Ok(Value::Int(cidr.length.into())),
        _ => wrong(given),
    }),
];

/// The text of a value that only functions can look into; other values are left as they are.
pub(super) static TEXT: Function = function(Shape::Of("!"), "text", |given, _| match given {
    [value] => Ok(Known::of(value).map_or_else(|| value.clone(), |known| string(known.text()))),
    _ => wrong(given),
});

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl Cidr {
    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && masked(address, self.length) == masked(self.address, self.length)
    }
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    let length = u32::from(length);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(length))
                .unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(length))
                .unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn read_ip(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text
        .parse()
        .map_err(|_| format!("expected an IP address, got {text:?}"))?;
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => Err(format!(
            "expected an IP address that is not IPv4 in IPv6, got {text:?}"
        )),
        address => Ok(address),
    }
}

fn read_cidr(text: &str) -> Result<Cidr, String> {
    let fail = || {
        format!(
            "expected an address and the length of its prefix, such as 10.0.0.0/8, got {text:?}"
        )
    };
    let (address, length) = text.split_once('/').ok_or_else(fail)?;
    let address = read_ip(address).map_err(|_| fail())?;
    let is_plain = length.bytes().all(|byte| byte.is_ascii_digit())
        && (length == "0" || !length.starts_with('0'));
    let longest = if address.is_ipv4() { 32 } else { 128 };
    match length.parse() {
        Ok(length) if is_plain && length <= longest => Ok(Cidr { address, length }),
        _ => Err(fail()),
    }
}

fn ip(value: &Value) -> Option<IpAddr> {
    match Known::of(value) {
        Some(Known::Ip(address)) => Some(*address),
        _ => None,
    }
}

fn cidr(value: &Value) -> Option<Cidr> {
    match Known::of(value) {
        Some(Known::Cidr(cidr)) => Some(*cidr),
        _ => None,
    }
}

fn is(given: &[Value], answer: fn(IpAddr) -> bool) -> Result<Value, String> {
    match given {
        [value] if let Some(address) = ip(value) => Ok(answer(address).into()),
        _ => wrong(given),
    }
}
