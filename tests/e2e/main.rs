//! zb from outside: each file holds one behaviour.
