//! The JSON of a page of points, read once from its first byte to its last, each part straight into what it becomes.
//!
//! Most of a page is floats. `serde_json` has no way to read them other than one by one through a visitor, with an
//! algorithm that costs three times this one, and, where what follows depends on how a value begins, it must look for the
//! value's end first. So numbers, lists and objects are read here; what is rare, a text with escapes, is left to it. What it
//! refuses is refused here, and what it reads is read as the same: the tests hold the two against each other.

use std::borrow::Cow;
use std::collections::HashMap;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{ListValue, Struct, Value};
use vectorfuse_core::error::{Error, Result};

use super::decimal;
use super::unexpected;
use super::value::NumberOrText;

/// Lists and objects within each other, at most: what reads and drops them calls itself.
const DEEPEST: u32 = 128;

/// What is yet to be read of a text.
pub(super) struct Parser<'a> {
    rest: &'a [u8],
    size: usize,
    depth: u32,
    /// How many floats the last list of them had: most likely the next one has as many.
    floats: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { rest: text, size: text.len(), depth: 0, floats: 0 }
    }

    /// That nothing follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong("its end")),
        }
    }

    /// The error at this place.
    pub(super) fn wrong(&self, expected: &str) -> Error {
        unexpected(format!("expected {expected} at byte {}", self.size - self.rest.len()))
    }

    /// How the next value or sign begins.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\r' | b'\t', after @ ..] = self.rest {
            self.rest = after;
        }
        self.rest.first().copied()
    }

    /// How the first item of the list begins that is next.
    pub(super) fn within(&self) -> Option<u8> {
        self.rest.iter().skip(1).find(|byte| !byte.is_ascii_whitespace()).copied()
    }

    /// Takes this sign, if it is the next.
    #[inline]
    fn take(&mut self, sign: u8) -> bool {
        let there = self.peek() == Some(sign);
        if there && let Some((_, after)) = self.rest.split_first() {
            self.rest = after;
        }
        there
    }

    fn word(&mut self, word: &str) -> Result<()> {
        self.rest = self.rest.strip_prefix(word.as_bytes()).ok_or_else(|| self.wrong("a value"))?;
        Ok(())
    }

    /// Takes `null`, if it is next.
    pub(super) fn null(&mut self) -> Result<bool> {
        let there = self.peek() == Some(b'n');
        if there {
            self.word("null")?;
        }
        Ok(there)
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong(&format!("no more than {DEEPEST} lists and objects within each other")));
        }
        Ok(())
    }

    /// The items of a list, each read by `item`.
    #[inline]
    pub(super) fn list(&mut self, item: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.parts([b'[', b']'], "a list", item)
    }

    /// The members of an object, each read by `member`.
    #[inline]
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<()>) -> Result<()> {
        self.parts([b'{', b'}'], "an object", |it| {
            let name = it.text()?;
            if !it.take(b':') {
                return Err(it.wrong("a colon"));
            }
            member(it, name)
        })
    }

    /// What stands between these signs, with commas between the parts.
    #[inline]
    fn parts(
        &mut self,
        [open, close]: [u8; 2],
        whole: &str,
        mut part: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        if !self.take(open) {
            return Err(self.wrong(whole));
        }
        self.deeper()?;
        if !self.take(close) {
            loop {
                part(self)?;
                if !self.take(b',') {
                    break;
                }
            }
            if !self.take(close) {
                return Err(self.wrong(&format!("a comma or the end of {whole}")));
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// A text.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>> {
        if !self.take(b'"') {
            return Err(self.wrong("a text"));
        }
        let text = self.rest;
        let plain = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F));
        if let Some((text, [b'"', after @ ..])) = plain.map(|end| text.split_at(end)) {
            let text = std::str::from_utf8(text).map_err(|_| self.wrong("a text in UTF-8"))?;
            self.rest = after;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped().map(Cow::Owned)
    }

    /// The rest of a text with escapes, of which the quote was taken.
    fn escaped(&mut self) -> Result<String> {
        let mut end = 0;
        loop {
            match self.rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err(self.wrong("a text that has an end")),
            }
        }
        let (text, after) = self.rest.split_at(end + 1);
        let quoted = [b"\"", text].concat();
        let text = serde_json::from_slice(&quoted).map_err(|_| self.wrong("a text"))?;
        self.rest = after;
        Ok(text)
    }

    /// The text of a number.
    fn number(&mut self) -> Result<&'a str> {
        self.peek();
        let number = decimal::token(self.rest).ok_or_else(|| self.wrong("a number"))?;
        self.rest = self.rest.get(number.len()..).unwrap_or_default();
        Ok(number)
    }

    /// A float, rounded once.
    #[inline]
    pub(super) fn float(&mut self) -> Result<f32> {
        self.peek();
        if let Some((value, after)) = decimal::quick(self.rest) {
            self.rest = after;
            return Ok(value);
        }
        let number = self.number()?;
        let value = number.parse().ok().filter(|value: &f32| value.is_finite());
        value.ok_or_else(|| self.wrong("a number that a float holds"))
    }

    /// A list of floats.
    pub(super) fn floats(&mut self) -> Result<Vec<f32>> {
        let mut floats = Vec::with_capacity(self.floats);
        self.list(|it| {
            // All but the last one, if nothing unusual is between: without a look at what each could be instead.
            while let Some((float, [b',', after @ ..])) = decimal::quick(it.rest) {
                floats.push(float);
                it.rest = after;
            }
            floats.push(it.float()?);
            Ok(())
        })?;
        self.floats = floats.len();
        // One short vector after a long one has not the long one's memory.
        if floats.capacity() / 2 > floats.len() {
            floats.shrink_to_fit();
        }
        Ok(floats)
    }

    /// A double.
    pub(super) fn double(&mut self) -> Result<f64> {
        let number = self.number()?;
        let value = number.parse().ok().filter(|value: &f64| value.is_finite());
        value.ok_or_else(|| self.wrong("a number that a double holds"))
    }

    /// A number without a sign, and without a fraction even if it is zero.
    pub(super) fn unsigned<T: std::str::FromStr>(&mut self) -> Result<T> {
        let number = self.number()?;
        number.parse().map_err(|_| self.wrong("an integer that is not negative"))
    }

    /// An id or a shard key.
    pub(super) fn number_or_text(&mut self) -> Result<NumberOrText> {
        Ok(match self.peek() {
            Some(b'"') => NumberOrText::Text(self.text()?.into_owned()),
            _ => NumberOrText::Number(self.unsigned()?),
        })
    }

    /// A value of a payload. Integers beyond those of gRPC are doubles, as they are there.
    pub(super) fn value(&mut self) -> Result<Value> {
        let kind = match self.peek() {
            Some(b'"') => Kind::StringValue(self.text()?.into_owned()),
            Some(b'{') => Kind::StructValue(Struct { fields: self.fields()? }),
            Some(b'[') => {
                let mut values = Vec::new();
                self.list(|it| {
                    values.push(it.value()?);
                    Ok(())
                })?;
                Kind::ListValue(ListValue { values })
            }
            Some(b't') => {
                self.word("true")?;
                Kind::BoolValue(true)
            }
            Some(b'f') => {
                self.word("false")?;
                Kind::BoolValue(false)
            }
            Some(b'n') => {
                self.word("null")?;
                Kind::NullValue(0)
            }
            _ => self.any_number()?,
        };
        Ok(Value { kind: Some(kind) })
    }

    fn any_number(&mut self) -> Result<Kind> {
        let start = self.rest;
        let number = self.number()?;
        match number.parse() {
            // The one integer with a sign that integers don't have.
            Ok(integer) if number != "-0" => Ok(Kind::IntegerValue(integer)),
            Ok(_) | Err(_) => {
                self.rest = start;
                self.double().map(Kind::DoubleValue)
            }
        }
    }

    /// The fields of a payload; of one that is there twice, the last.
    pub(super) fn fields(&mut self) -> Result<HashMap<String, Value>> {
        let mut fields = HashMap::new();
        self.object(|it, name| {
            fields.insert(name.into_owned(), it.value()?);
            Ok(())
        })?;
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
