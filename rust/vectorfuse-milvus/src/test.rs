//! Expressions put together: what is always or never true is folded away, since not every server has a word for it.

use vectorfuse_core::logic;

/// A test of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Every row passes.
    Always,
    /// None does.
    Never,
    /// Those for which the server finds the expression true.
    If {
        expression: String,
        /// How many comparisons it has.
        tests: usize,
        /// How it is put together, so that a long one is not nested deep.
        form: Form,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    All,
    Any,
}

impl Test {
    /// The rows for which this comparison is true.
    pub(crate) fn of(expression: String) -> Self {
        Self::If { expression, tests: 1, form: Form::One }
    }

    /// How many comparisons it has.
    pub(crate) fn tests(&self) -> usize {
        match self {
            Self::Always | Self::Never => 1,
            Self::If { tests, .. } => *tests,
        }
    }

    /// How long it is.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Always | Self::Never => 0,
            Self::If { expression, .. } => expression.len(),
        }
    }
}

impl logic::Test for Test {
    fn always() -> Self {
        Self::Always
    }

    fn never() -> Self {
        Self::Never
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, test) | (test, Self::Always) => test,
            (a, b) => joined(a, b, Form::All, "and"),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, test) | (test, Self::Never) => test,
            (a, b) => joined(a, b, Form::Any, "or"),
        }
    }
}

fn joined(a: Test, b: Test, joint: Form, word: &str) -> Test {
    let tests = a.tests() + b.tests();
    let part = |test: Test| match test {
        Test::If { expression, form, .. } if form == joint => expression,
        Test::If { expression, .. } => format!("({expression})"),
        Test::Always | Test::Never => String::new(),
    };
    Test::If { expression: format!("{} {word} {}", part(a), part(b)), tests, form: joint }
}

#[cfg(test)]
mod tests {
    use vectorfuse_core::logic::Test as _;

    use super::*;

    #[test]
    fn constants_fold_and_chains_stay_flat() {
        let test = |text: &str| Test::of(text.to_owned());
        assert_eq!(Test::Always.and(test("a")), test("a"));
        assert_eq!(Test::Never.and(test("a")), Test::Never);
        assert_eq!(Test::Always.or(test("a")), Test::Always);
        assert_eq!(Test::Never.or(test("a")), test("a"));
        let chain = test("a").or(test("b")).or(test("c").and(test("d")).and(test("e")));
        let Test::If { expression, tests, .. } = chain else { panic!("folded") };
        assert_eq!((expression.as_str(), tests), ("(a) or (b) or ((c) and (d) and (e))", 5));
    }
}
