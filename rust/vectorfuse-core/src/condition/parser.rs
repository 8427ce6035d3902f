//! From words to a condition: `or` binds weaker than `and`, and that weaker than `not`.

use super::lexer::{Token, Wrong, tokens};
use super::{Comparison, Condition, Operand, Path, comparable};
use crate::payload::Scalar;
use crate::schema::SparkField;

/// How deep brackets and `not` may nest.
const DEEPEST: usize = 100;

struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    fields: &'a [SparkField],
    depth: usize,
}

/// One side of a comparison.
enum Side {
    Stored(Path),
    Value(Operand),
}

pub(super) fn parse(text: &str, fields: &[SparkField]) -> Result<Condition, Wrong> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, fields, depth: 0 };
    let condition = parser.any(false)?;
    match parser.peek() {
        Token::End => Ok(condition),
        _ => Err(parser.wrong("`and`, `or` or the end")),
    }
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next.min(self.tokens.len() - 1)].1
    }

    fn at(&self) -> usize {
        self.tokens[self.next.min(self.tokens.len() - 1)].0
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn wrong(&self, expected: &str) -> Wrong {
        (self.at(), expected.to_owned())
    }

    /// Takes a symbol or a keyword, if it comes next.
    fn accept(&mut self, word: &str) -> bool {
        let is = match self.peek() {
            Token::Symbol(symbol) => *symbol == word,
            Token::Name(name, false) => name.eq_ignore_ascii_case(word),
            Token::Name(_, true)
            | Token::Column(_)
            | Token::Integer(_)
            | Token::Double(_)
            | Token::Text(_)
            | Token::End => false,
        };
        if is {
            self.next += 1;
        }
        is
    }

    fn expect(&mut self, word: &str) -> Result<(), Wrong> {
        if self.accept(word) { Ok(()) } else { Err(self.wrong(&format!("`{word}`"))) }
    }

    fn any(&mut self, negated: bool) -> Result<Condition, Wrong> {
        let mut parts = vec![self.all(negated)?];
        while self.accept("or") {
            parts.push(self.all(negated)?);
        }
        Ok(joined(parts, negated))
    }

    fn all(&mut self, negated: bool) -> Result<Condition, Wrong> {
        let mut parts = vec![self.one(negated)?];
        while self.accept("and") {
            parts.push(self.one(negated)?);
        }
        Ok(joined(parts, !negated))
    }

    fn one(&mut self, negated: bool) -> Result<Condition, Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("fewer brackets"));
        }
        let found = if self.accept("not") {
            self.one(!negated)
        } else if self.accept("(") {
            let inner = self.any(negated)?;
            self.expect(")").map(|()| inner)
        } else {
            self.comparison(negated)
        };
        self.depth -= 1;
        found
    }

    fn comparison(&mut self, negated: bool) -> Result<Condition, Wrong> {
        let start = self.at();
        let left = self.side()?;
        if self.accept("is") {
            let negated = self.accept("not") != negated;
            self.expect("null")?;
            return Ok(Condition::Null { path: stored(left, start)?, negated });
        }
        let not = self.accept("not");
        if self.accept("in") {
            let path = stored(left, start)?;
            self.expect("(")?;
            let mut values = vec![self.value(false)?];
            while self.accept(",") {
                values.push(self.value(false)?);
            }
            self.expect(")")?;
            return Ok(Condition::Among { path, values, negated: not != negated });
        }
        let comparison = self.operator().filter(|_| !not);
        let Some(comparison) = comparison else {
            return Err(self.wrong("`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `is null` or `is not null`"));
        };
        let right_at = self.at();
        let (path, comparison, value, value_at) = match (left, self.side()?) {
            (Side::Stored(path), Side::Value(value)) => (path, comparison, value, right_at),
            (Side::Value(value), Side::Stored(path)) => (path, comparison.turned(), value, start),
            (Side::Stored(_), Side::Stored(_)) => {
                return Err((
                    right_at,
                    "a value or a column `${…}`: a store can't compare two stored fields (texts go in quotes)"
                        .to_owned(),
                ));
            }
            (Side::Value(_), Side::Value(_)) => {
                return Err((start, "a stored field on one side: filter the DataFrame by its own columns".to_owned()));
            }
        };
        self.check(&value, comparison.orders(), value_at)?;
        let comparison = if negated { comparison.negated() } else { comparison };
        Ok(Condition::Compare(path, comparison, value))
    }

    fn operator(&mut self) -> Option<Comparison> {
        let known = [
            ("=", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            (">=", Comparison::GreaterOrEqual),
        ];
        known.into_iter().find(|(symbol, _)| self.accept(symbol)).map(|(_, comparison)| comparison)
    }

    fn value(&mut self, orders: bool) -> Result<Operand, Wrong> {
        let at = self.at();
        match self.side()? {
            Side::Value(value) => self.check(&value, orders, at).map(|()| value),
            Side::Stored(_) => Err((at, "a value or a column `${…}` (texts go in quotes)".to_owned())),
        }
    }

    fn side(&mut self) -> Result<Side, Wrong> {
        let expected = "a stored field, a column `${…}` or a value";
        let start = self.at();
        let minus = self.accept("-");
        let literal = |scalar| Ok(Side::Value(Operand::Literal(scalar)));
        let name = match (self.peek().clone(), minus) {
            (Token::Integer(number), minus) => {
                self.next += 1;
                return literal(Scalar::Integer(if minus { -number } else { number }));
            }
            (Token::Double(number), minus) => {
                self.next += 1;
                return literal(Scalar::Double(if minus { -number } else { number }));
            }
            (_, true) => return Err(self.wrong("a number")),
            (Token::Text(text), false) => {
                self.next += 1;
                return literal(Scalar::Text(text));
            }
            (Token::Column(name), false) => {
                self.next += 1;
                let Some(index) = self.fields.iter().position(|field| field.name == name) else {
                    let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
                    return Err((start, format!("a column of the DataFrame ({})", names.join(", "))));
                };
                return Ok(Side::Value(Operand::Column(index)));
            }
            (Token::Name(name, false), false) if name.eq_ignore_ascii_case("true") => {
                self.next += 1;
                return literal(Scalar::Boolean(true));
            }
            (Token::Name(name, false), false) if name.eq_ignore_ascii_case("false") => {
                self.next += 1;
                return literal(Scalar::Boolean(false));
            }
            (Token::Name(name, false), false)
                if ["and", "or", "not", "in", "is", "null"].iter().any(|word| name.eq_ignore_ascii_case(word)) =>
            {
                let hint = if name.eq_ignore_ascii_case("null") { " (nulls are found with `is null`)" } else { "" };
                return Err(self.wrong(&format!("{expected}{hint}")));
            }
            (Token::Name(name, _), false) => name,
            (Token::Symbol(_) | Token::End, false) => return Err(self.wrong(expected)),
        };
        self.next += 1;
        let mut path = vec![name];
        while self.accept(".") {
            match self.take() {
                Token::Name(name, _) => path.push(name),
                Token::Column(_)
                | Token::Integer(_)
                | Token::Double(_)
                | Token::Text(_)
                | Token::Symbol(_)
                | Token::End => {
                    self.next -= 1;
                    return Err(self.wrong("the name of a nested field"));
                }
            }
        }
        Ok(Side::Stored(path))
    }

    fn check(&self, value: &Operand, orders: bool, at: usize) -> Result<(), Wrong> {
        match value {
            Operand::Column(index) => {
                comparable(&self.fields[*index].data_type, orders).map_err(|expected| (at, expected.to_owned()))
            }
            Operand::Literal(Scalar::Text(_) | Scalar::Boolean(_)) if orders => {
                Err((at, "a number or a column: of texts and booleans a store only knows `=` and `!=`".to_owned()))
            }
            Operand::Literal(_) => Ok(()),
        }
    }
}

/// One of them, all of them or any of them.
fn joined(mut parts: Vec<Condition>, all: bool) -> Condition {
    match (parts.len(), all) {
        (1, _) => parts.remove(0),
        (_, true) => Condition::All(parts),
        (_, false) => Condition::Any(parts),
    }
}

fn stored(side: Side, at: usize) -> Result<Path, Wrong> {
    match side {
        Side::Stored(path) => Ok(path),
        Side::Value(_) => Err((at, "a stored field: filter the DataFrame by its own columns".to_owned())),
    }
}
