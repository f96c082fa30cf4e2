//! The types of WIT functions as text, parsed; how many slots a value takes; and whether a component means the same type.
use std::collections::HashMap;
use std::fmt::{self, Display, Write};
use wasmtime::component::{types, ResourceType, Type};
use wasmtime::{bail, Error, Result};

#[derive(Clone)]
pub enum Ty {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    Char,
    String,
    List(Box<Ty>),
    Option(Box<Ty>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
    Tuple(Vec<Ty>),
    Record(Vec<(String, Ty)>),
    Variant(Vec<(String, Option<Ty>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Own(u32),
    Borrow(u32),
}

pub struct Signature {
    pub params: Vec<Ty>,
    pub result: Option<Ty>,
}

fn slots_of(ty: Option<&Ty>) -> usize {
    ty.map_or(0, Ty::slots)
}

impl Ty {
    /// How many slots a value of this type takes.
    pub fn slots(&self) -> usize {
        match self {
            Ty::Option(some) => 1 + some.slots(),
            Ty::Result(ok, err) => 1 + slots_of(ok.as_deref()).max(slots_of(err.as_deref())),
            Ty::Tuple(items) => items.iter().map(Ty::slots).sum(),
            Ty::Record(fields) => fields.iter().map(|(_, ty)| ty.slots()).sum(),
            Ty::Variant(cases) => 1 + cases.iter().map(|(_, ty)| slots_of(ty.as_ref())).max().unwrap_or(0),
            _ => 1,
        }
    }

    /// Whether a component's type is this one. Names of fields and cases count.
    pub fn is(&self, other: &Type) -> bool {
        match (self, other) {
            (Ty::Bool, Type::Bool) | (Ty::Char, Type::Char) | (Ty::String, Type::String) => true,
            (Ty::S8, Type::S8) | (Ty::S16, Type::S16) | (Ty::S32, Type::S32) | (Ty::S64, Type::S64) => true,
            (Ty::U8, Type::U8) | (Ty::U16, Type::U16) | (Ty::U32, Type::U32) | (Ty::U64, Type::U64) => true,
            (Ty::List(a), Type::List(b)) => a.is(&b.ty()),
            (Ty::Option(a), Type::Option(b)) => a.is(&b.ty()),
            (Ty::Result(ok, err), Type::Result(b)) => same(ok.as_deref(), b.ok()) && same(err.as_deref(), b.err()),
            (Ty::Tuple(a), Type::Tuple(b)) => a.len() == b.types().len() && a.iter().zip(b.types()).all(|(a, b)| a.is(&b)),
            (Ty::Record(a), Type::Record(b)) => {
                a.len() == b.fields().len() && a.iter().zip(b.fields()).all(|(a, b)| a.0 == b.name && a.1.is(&b.ty))
            }
            (Ty::Variant(a), Type::Variant(b)) => {
                a.len() == b.cases().len() && a.iter().zip(b.cases()).all(|(a, b)| a.0 == b.name && same(a.1.as_ref(), b.ty))
            }
            (Ty::Enum(a), Type::Enum(b)) => a.iter().map(String::as_str).eq(b.names()),
            (Ty::Flags(a), Type::Flags(b)) => a.iter().map(String::as_str).eq(b.names()),
            (Ty::Own(kind), Type::Own(b)) | (Ty::Borrow(kind), Type::Borrow(b)) => *b == ResourceType::host_dynamic(*kind),
            _ => false,
        }
    }
}

fn same(ours: Option<&Ty>, theirs: Option<Type>) -> bool {
    match (ours, theirs) {
        (Some(a), Some(b)) => a.is(&b),
        (None, None) => true,
        _ => false,
    }
}

impl Signature {
    /// Whether a component's function, with the resources of its imports resolved, has this signature. Names of parameters do
    /// not count.
    pub fn is(&self, other: &types::ComponentFunc) -> bool {
        let mut results = other.results();
        !other.async_()
            && self.params.len() == other.params().len()
            && self.params.iter().zip(other.params()).all(|(a, (_, b))| a.is(&b))
            && same(self.result.as_ref(), results.next())
            && results.next().is_none()
    }
}

fn comma_separated<T>(f: &mut fmt::Formatter<'_>, items: &[T], each: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        each(f, item)?;
    }
    Ok(())
}

/// The text of the type, without the names of resources.
impl Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Bool => f.write_str("bool"),
            Ty::S8 => f.write_str("s8"),
            Ty::U8 => f.write_str("u8"),
            Ty::S16 => f.write_str("s16"),
            Ty::U16 => f.write_str("u16"),
            Ty::S32 => f.write_str("s32"),
            Ty::U32 => f.write_str("u32"),
            Ty::S64 => f.write_str("s64"),
            Ty::U64 => f.write_str("u64"),
            Ty::Char => f.write_str("char"),
            Ty::String => f.write_str("string"),
            Ty::List(item) => write!(f, "list<{item}>"),
            Ty::Option(some) => write!(f, "option<{some}>"),
            Ty::Result(None, None) => f.write_str("result"),
            Ty::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Ty::Result(None, Some(err)) => write!(f, "result<_, {err}>"),
            Ty::Result(Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            Ty::Own(_) => f.write_str("own"),
            Ty::Borrow(_) => f.write_str("borrow"),
            Ty::Tuple(items) => {
                f.write_str("tuple<")?;
                comma_separated(f, items, |f, ty| ty.fmt(f))?;
                f.write_char('>')
            }
            Ty::Record(fields) => {
                f.write_str("record{")?;
                comma_separated(f, fields, |f, (name, ty)| write!(f, "{name}: {ty}"))?;
                f.write_char('}')
            }
            Ty::Variant(cases) => {
                f.write_str("variant{")?;
                comma_separated(f, cases, |f, (name, ty)| match ty {
                    Some(ty) => write!(f, "{name}({ty})"),
                    None => f.write_str(name),
                })?;
                f.write_char('}')
            }
            Ty::Enum(names) => write!(f, "enum{{{}}}", names.join(", ")),
            Ty::Flags(names) => write!(f, "flags{{{}}}", names.join(", ")),
        }
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('(')?;
        comma_separated(f, &self.params, |f, ty| ty.fmt(f))?;
        f.write_char(')')?;
        match &self.result {
            Some(ty) => write!(f, " -> {ty}"),
            None => Ok(()),
        }
    }
}

/// What signatures may name: types and resources that were defined before.
#[derive(Default)]
pub struct Names {
    pub types: HashMap<String, Ty>,
    pub resources: HashMap<String, u32>,
}

/// Texts come from tables of ours, so a fault is a bug; it is an error all the same, seen when the linker is made.
struct Parser<'a> {
    rest: &'a str,
    names: &'a Names,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        if self.take(token) {
            return Ok(());
        }
        bail!("expected `{token}` before `{}`", self.rest)
    }

    fn word(&mut self) -> Result<&'a str> {
        self.skip_space();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() {
            bail!("expected a name before `{rest}`");
        }
        Ok(word)
    }

    /// Items up to `close`, after the opening token.
    fn list<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(close) {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn inner(&mut self) -> Result<Box<Ty>> {
        self.expect("<")?;
        let ty = self.ty()?;
        self.expect(">")?;
        Ok(Box::new(ty))
    }

    fn result(&mut self) -> Result<Ty> {
        if !self.take("<") {
            return Ok(Ty::Result(None, None));
        }
        let ok = if self.take("_") { None } else { Some(Box::new(self.ty()?)) };
        let err = if self.take(",") { Some(Box::new(self.ty()?)) } else { None };
        self.expect(">")?;
        Ok(Ty::Result(ok, err))
    }

    fn resource(&mut self) -> Result<u32> {
        self.expect("<")?;
        let name = self.word()?;
        self.expect(">")?;
        match self.names.resources.get(name) {
            Some(kind) => Ok(*kind),
            None => bail!("no resource `{name}` is defined"),
        }
    }

    fn field(&mut self) -> Result<(String, Ty)> {
        let name = self.word()?.to_owned();
        self.expect(":")?;
        Ok((name, self.ty()?))
    }

    fn case(&mut self) -> Result<(String, Option<Ty>)> {
        let name = self.word()?.to_owned();
        if !self.take("(") {
            return Ok((name, None));
        }
        let ty = self.ty()?;
        self.expect(")")?;
        Ok((name, Some(ty)))
    }

    fn braced<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect("{")?;
        self.list("}", item)
    }

    fn ty(&mut self) -> Result<Ty> {
        Ok(match self.word()? {
            "bool" => Ty::Bool,
            "s8" => Ty::S8,
            "u8" => Ty::U8,
            "s16" => Ty::S16,
            "u16" => Ty::U16,
            "s32" => Ty::S32,
            "u32" => Ty::U32,
            "s64" => Ty::S64,
            "u64" => Ty::U64,
            "char" => Ty::Char,
            "string" => Ty::String,
            "list" => Ty::List(self.inner()?),
            "option" => Ty::Option(self.inner()?),
            "result" => self.result()?,
            "tuple" => {
                self.expect("<")?;
                Ty::Tuple(self.list(">", Self::ty)?)
            }
            "record" => Ty::Record(self.braced(Self::field)?),
            "variant" => Ty::Variant(self.braced(Self::case)?),
            "enum" => Ty::Enum(self.braced(|p| Ok(p.word()?.to_owned()))?),
            "flags" => Ty::Flags(self.braced(|p| Ok(p.word()?.to_owned()))?),
            "own" => Ty::Own(self.resource()?),
            "borrow" => Ty::Borrow(self.resource()?),
            name => match self.names.types.get(name) {
                Some(ty) => ty.clone(),
                None => bail!("no type `{name}` is defined"),
            },
        })
    }

    fn end<T>(mut self, value: T) -> Result<T> {
        self.skip_space();
        if self.rest.is_empty() {
            return Ok(value);
        }
        bail!("`{}` is too much", self.rest)
    }
}

fn explain(text: &str, e: Error) -> Error {
    Error::msg(format!("the type `{text}`: {e}"))
}

pub fn parse_type(text: &str, names: &Names) -> Result<Ty> {
    let mut parser = Parser { rest: text, names };
    let ty = parser.ty().and_then(|ty| parser.end(ty));
    ty.map_err(|e| explain(text, e))
}

pub fn parse_signature(text: &str, names: &Names) -> Result<Signature> {
    let mut parser = Parser { rest: text, names };
    let parse = |p: &mut Parser<'_>| -> Result<Signature> {
        p.expect("(")?;
        let params = p.list(")", Parser::ty)?;
        let result = if p.take("->") { Some(p.ty()?) } else { None };
        Ok(Signature { params, result })
    };
    let signature = parse(&mut parser).and_then(|s| parser.end(s));
    signature.map_err(|e| explain(text, e))
}
