//! Strand matches photos of hair with a library of shades.
//!
//! A request's way is one line: bytes, [`photo`], hair mask ([`vision`]), [`signature`], scores ([`learning`]),
//! answer ([`library`], spoken over [`http`]). Arrows point one way: [`http`] and [`store`] know [`library`];
//! [`library`] knows [`learning`], [`signature`], [`vision`], [`photo`] and [`color`]; [`color`] knows nobody.
//! [`settings`] stands around them all: it wires what the environment asks for.

pub mod color;
pub mod http;
pub mod learning;
pub mod library;
pub mod photo;
pub mod settings;
pub mod signature;
pub mod store;
pub mod vision;
