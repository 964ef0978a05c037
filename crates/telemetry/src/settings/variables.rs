//! Reading variables, and what is to be said about them.

use std::fmt;

/// A variable that cannot be used as it is: which, why, and what zb does instead. It holds no secret, because it repeats
/// no value that could be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    variable: String,
    problem: String,
}

impl Warning {
    /// The variable's name.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

/// The environment, and the warnings so far.
pub(super) struct Variables<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<Warning>,
}

/// A variable that is set.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

impl<'a> Variables<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, warnings: Vec::new() }
    }

    /// A variable that is neither unset nor empty; spaces around its value do not count.
    pub(super) fn get(&self, name: &str) -> Option<Variable> {
        let value = (self.get)(name)?.trim().to_owned();
        (!value.is_empty()).then(|| Variable { name: name.to_owned(), value })
    }

    /// `true` in any case of letters; everything but that and `false` is warned about.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        let Some(flag) = self.get(name) else { return false };
        if !["true", "false"].iter().any(|word| flag.value.eq_ignore_ascii_case(word)) {
            self.warn(&flag, "is neither true nor false: zb takes it for false");
        }
        flag.value.eq_ignore_ascii_case("true")
    }

    /// Says something about a variable, once.
    pub(super) fn warn(&mut self, variable: &Variable, problem: impl Into<String>) {
        let warning = Warning { variable: variable.name.clone(), problem: problem.into() };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}
