//! What the parser tells, one event after the other.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, IntegerRadix, ScalarKind};
use toml_parser::parser::EventReceiver;
use toml_parser::{ErrorSink, ParseError as Fault, Raw, Span};

use super::{Open, Reader, range, report};
use crate::toml::date;
use crate::tree::Style;

impl<'t> Reader<'t> {
    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Raw<'t> {
        let text = self.text.get(range(span)).unwrap_or_default();
        Raw::new_unchecked(text, encoding, span)
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(span.start());
    }

    fn array_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(span.start());
    }

    fn std_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(start) = self.header.take() {
            self.open_table(&(start..span.end()), false, error);
        }
    }

    fn array_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(start) = self.header.take() {
            self.open_table(&(start..span.end()), true, error);
        }
    }

    fn inline_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let id = self.builder.mapping(range(span), Style::Flow);
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open {
            id,
            start: span.start(),
            keys,
        });
        self.check_size(span, error)
    }

    fn inline_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.close(span, error);
    }

    fn array_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let id = self.builder.sequence(range(span), Style::Flow);
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open {
            id,
            start: span.start(),
            keys,
        });
        self.check_size(span, error)
    }

    fn array_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.close(span, error);
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut key = Cow::Borrowed("");
        self.raw(span, encoding).decode_key(&mut key, error);
        self.keys.push((range(span), key));
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        if !self.check_size(span, error) {
            return;
        }
        let mut text = Cow::Borrowed("");
        let mut fault: Option<Fault> = None;
        let kind = self
            .raw(span, encoding)
            .decode_scalar(&mut text, &mut fault);
        if let Some(fault) = fault {
            error.report_error(fault);
            return;
        }
        let place = range(span);
        let style = match (kind, encoding) {
            (ScalarKind::String, Some(Encoding::LiteralString | Encoding::MlLiteralString)) => {
                Style::SingleQuoted
            }
            (ScalarKind::String, Some(_)) => Style::DoubleQuoted,
            // Text without quotes has been reported.
            (ScalarKind::String, None) | (ScalarKind::DateTime, _) => Style::Bare,
            _ => Style::Plain,
        };
        let meaning = match kind {
            ScalarKind::Integer(radix) => integer(text, radix),
            ScalarKind::Float => float(text),
            ScalarKind::DateTime => {
                if date::parts(&self.text[place.clone()]).is_none() {
                    report(error, &place, "there is no such date or time");
                }
                Cow::Borrowed(&self.text[place.clone()])
            }
            _ => text,
        };
        let value = self.builder.scalar(place, style, &meaning);
        self.put(value, error);
    }

    fn comment(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.builder.comment(range(span));
    }
}

/// An integer as YAML's core schema spells it.
fn integer(text: Cow<'_, str>, radix: IntegerRadix) -> Cow<'_, str> {
    let unsigned = text.strip_prefix('+').unwrap_or(&text);
    match radix {
        IntegerRadix::Dec if unsigned.len() == text.len() => text,
        IntegerRadix::Dec => unsigned.to_owned().into(),
        IntegerRadix::Hex => format!("0x{unsigned}").into(),
        IntegerRadix::Oct => format!("0o{unsigned}").into(),
        IntegerRadix::Bin => match u128::from_str_radix(unsigned, 2) {
            Ok(value) => value.to_string().into(),
            Err(_) => unsigned.to_owned().into(),
        },
    }
}

/// A float as YAML's core schema spells it.
fn float(text: Cow<'_, str>) -> Cow<'_, str> {
    let unsigned = text.strip_prefix('+').unwrap_or(&text);
    match unsigned {
        "inf" => ".inf".into(),
        "-inf" => "-.inf".into(),
        "nan" | "-nan" => ".nan".into(),
        _ if unsigned.len() == text.len() => text,
        unsigned => unsigned.to_owned().into(),
    }
}
