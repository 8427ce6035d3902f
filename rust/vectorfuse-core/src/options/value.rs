//! How the text of an option becomes a value, and how a default is shown in the documentation.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A type that an option can have.
pub(super) trait OptionValue: Sized {
    /// The value of `text`, or what was expected instead.
    fn parse(text: &str) -> Result<Self, &'static str>;
    /// A default, as the documentation shows it.
    fn show(&self) -> String;
}

/// A time span that users write in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seconds(pub f64);

impl Seconds {
    /// As a duration.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }
}

/// Which parts of a point a read is to have, by their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chosen {
    /// Those of these names; none if there are no names.
    Only(Vec<String>),
    /// All but those of these names.
    AllBut(Vec<String>),
}

impl Chosen {
    /// All that there are.
    pub const ALL: Self = Self::AllBut(Vec::new());
    /// None of them.
    pub const NONE: Self = Self::Only(Vec::new());
}

impl OptionValue for Chosen {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "`true`, `false`, names separated by commas, a JSON list of names, \
                                or {\"include\": […]} or {\"exclude\": […]}";
        if let Ok(all) = bool::parse(text) {
            return Ok(if all { Self::ALL } else { Self::NONE });
        }
        if !text.trim_start().starts_with(['[', '{']) {
            let names = Vec::parse(text)?;
            return if names.is_empty() { Err(EXPECTED) } else { Ok(Self::Only(names)) };
        }
        // An object with both keys, or with a key twice, has no variant here.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Names(Vec<String>),
            Selector(Selector),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Selector {
            Include(Vec<String>),
            Exclude(Vec<String>),
        }
        match serde_json::from_str(text) {
            Ok(Given::Names(names) | Given::Selector(Selector::Include(names))) => Ok(Self::Only(names)),
            Ok(Given::Selector(Selector::Exclude(names))) => Ok(Self::AllBut(names)),
            Err(_) => Err(EXPECTED),
        }
    }
    fn show(&self) -> String {
        let (word, names) = match self {
            Self::AllBut(names) if names.is_empty() => return "true".to_owned(),
            Self::AllBut(names) => ("all but ", names),
            Self::Only(names) => ("", names),
        };
        format!("{word}{}", names.join(","))
    }
}

impl OptionValue for String {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
    fn show(&self) -> String {
        format!("`{self}`")
    }
}

impl OptionValue for Secret {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(Secret::new(text))
    }
    fn show(&self) -> String {
        "***".to_owned()
    }
}

impl OptionValue for bool {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("`true` or `false`"),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// Unsigned integers; where zero makes no sense the type is the non-zero one.
macro_rules! integer {
    ($type:ty, $expected:literal) => {
        impl OptionValue for $type {
            fn parse(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| $expected)
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}
integer!(u16, "a port between 0 and 65535");
integer!(u32, "a whole number that is not negative");
integer!(std::num::NonZeroU32, "a whole number from 1 to 4294967295");
integer!(std::num::NonZeroUsize, "a whole number of at least 1");

impl OptionValue for f32 {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.trim().parse().ok().filter(|number: &f32| number.is_finite()).ok_or("a number")
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl OptionValue for Seconds {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let number = text.trim().trim_end_matches('s').trim_end();
        match number.parse::<f64>() {
            Ok(seconds) if (0.0..=1e6).contains(&seconds) => Ok(Self(seconds)),
            Ok(_) | Err(_) => Err("a number of seconds between 0 and 1000000"),
        }
    }
    fn show(&self) -> String {
        format!("{} s", self.0)
    }
}

/// A list of names, separated by commas, or a JSON array of them where a name has a comma; names keep inner spaces. The
/// empty text is the empty list.
impl OptionValue for Vec<String> {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.trim_start().starts_with('[')
            && let Ok(names) = serde_json::from_str(text)
        {
            return Ok(names);
        }
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) { Err("names separated by commas") } else { Ok(names) }
    }
    fn show(&self) -> String {
        self.join(",")
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    fn parse(text: &str) -> Result<Self, &'static str> {
        T::parse(text).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "–".to_owned(), OptionValue::show)
    }
}
