//! Values that expressions hold but cannot look into: quantities, addresses, URLs and formats.

use std::net::IpAddr;
use std::sync::Arc;

use cel::objects::Opaque;
use cubit_configdata::Quantity;

use super::network::Cidr;
use super::url::Url;

/// A value that only functions can look into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Quantity(Quantity),
    Ip(IpAddr),
    Cidr(Cidr),
    Url(Url),
    /// A named format, by its name.
    Format(&'static str),
}

impl Opaque for Known {
    fn runtime_type_name(&self) -> &str {
        match self {
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Format(_) => "kubernetes.NamedFormat",
        }
    }
}

impl Known {
    pub(super) fn of(value: &cel::Value) -> Option<&Self> {
        match value {
            cel::Value::Opaque(opaque) => opaque.downcast_ref(),
            _ => None,
        }
    }

    /// The text it was made from, in its usual spelling.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Quantity(quantity) => quantity.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Cidr(cidr) => cidr.to_string(),
            Self::Url(url) => url.text.clone(),
            Self::Format(name) => (*name).to_owned(),
        }
    }
}

impl From<Known> for cel::Value {
    fn from(known: Known) -> Self {
        Self::Opaque(Arc::new(known))
    }
}
