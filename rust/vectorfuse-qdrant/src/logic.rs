//! Conditions put together: what is always or never true is folded away, so that no request carries it.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::{Condition, Filter, HasIdCondition};

/// A test of a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// Every point passes.
    Always,
    /// None does.
    Never,
    /// Those that the server finds to pass.
    If(Box<Condition>),
}

impl Test {
    /// Both pass.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, test) | (test, Self::Always) => test,
            (Self::If(a), Self::If(b)) => {
                let mut all = conjuncts(*a);
                all.extend(conjuncts(*b));
                filter(Filter { must: all, ..Filter::default() })
            }
        }
    }

    /// One of them passes, or both do.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, test) | (test, Self::Never) => test,
            (Self::If(a), Self::If(b)) => {
                let mut any = disjuncts(*a);
                any.extend(disjuncts(*b));
                filter(Filter { should: any, ..Filter::default() })
            }
        }
    }

    /// It does not pass.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::If(condition) => filter(Filter { must_not: vec![*condition], ..Filter::default() }),
        }
    }

    /// The points that pass a filter.
    pub(crate) fn of_filter(inner: Filter) -> Self {
        filter(inner)
    }

    /// The filter of a request; `None` where every point passes.
    pub(crate) fn into_filter(self) -> Option<Filter> {
        match self {
            Self::Always => None,
            // No point has one of no ids.
            Self::Never => {
                let none = ConditionOneOf::HasId(HasIdCondition { has_id: Vec::new() });
                Some(Filter { must: vec![Condition { condition_one_of: Some(none) }], ..Filter::default() })
            }
            Self::If(condition) => match condition.condition_one_of {
                Some(ConditionOneOf::Filter(filter)) => Some(filter),
                other => Some(Filter { must: vec![Condition { condition_one_of: other }], ..Filter::default() }),
            },
        }
    }
}

fn filter(filter: Filter) -> Test {
    Test::If(Box::new(Condition { condition_one_of: Some(ConditionOneOf::Filter(filter)) }))
}

/// The parts of a conjunction; the condition itself if it is none.
fn conjuncts(condition: Condition) -> Vec<Condition> {
    match condition.condition_one_of {
        Some(ConditionOneOf::Filter(inner))
            if inner.should.is_empty() && inner.must_not.is_empty() && inner.min_should.is_none() =>
        {
            inner.must
        }
        other => vec![Condition { condition_one_of: other }],
    }
}

/// The parts of a disjunction; the condition itself if it is none.
fn disjuncts(condition: Condition) -> Vec<Condition> {
    match condition.condition_one_of {
        Some(ConditionOneOf::Filter(inner))
            if inner.must.is_empty() && inner.must_not.is_empty() && inner.min_should.is_none() =>
        {
            inner.should
        }
        other => vec![Condition { condition_one_of: other }],
    }
}

/// A test with what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Side {
    /// The points that pass are at least those that are meant.
    pub(crate) test: Test,
    /// They are just those.
    pub(crate) exact: bool,
}

impl Side {
    /// Just the points that are meant.
    pub(crate) fn exact(test: Test) -> Option<Self> {
        Some(Self { test, exact: true })
    }

    /// Those and perhaps others.
    pub(crate) fn wider(test: Test) -> Option<Self> {
        Some(Self { test, exact: false })
    }
}

/// A predicate in SQL's logic: where it is true and where it is false. Where it is unknown, it is neither. `None` is a
/// side that the server can say nothing about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Truth {
    pub(crate) yes: Option<Side>,
    pub(crate) no: Option<Side>,
}

impl Truth {
    /// A constant.
    pub(crate) fn constant(value: Option<bool>) -> Self {
        let test = |is: bool| Side::exact(if is { Test::Always } else { Test::Never });
        Self { yes: test(value == Some(true)), no: test(value == Some(false)) }
    }

    /// Nothing is known.
    pub(crate) fn hidden() -> Self {
        Self { yes: None, no: None }
    }

    /// NOT of unknown is unknown.
    pub(crate) fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { yes: both(self.yes, other.yes), no: either(self.no, other.no) }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self { yes: either(self.yes, other.yes), no: both(self.no, other.no) }
    }
}

/// One side that is known narrows already.
fn both(a: Option<Side>, b: Option<Side>) -> Option<Side> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Side { test: a.test.and(b.test), exact: a.exact && b.exact }),
        (Some(known), None) | (None, Some(known)) => Side::wider(known.test),
        (None, None) => None,
    }
}

fn either(a: Option<Side>, b: Option<Side>) -> Option<Side> {
    let (a, b) = (a?, b?);
    Some(Side { test: a.test.or(b.test), exact: a.exact && b.exact })
}
