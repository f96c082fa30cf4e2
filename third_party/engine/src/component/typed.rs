//! The signatures that move bytes, with static types: lists of bytes and text are neither copied on the way to C nor made of
//! dynamic values, which take forty bytes for each byte. All others go through `dynamic`; C sees no difference.
use super::signature::{Signature, Ty};
use super::slot::{Context, Host, Slot};
use std::fmt::Write;
use std::sync::Arc;
use wasmtime::component::{
    ComponentNamedList, ComponentType, Lift, LinkerInstance, Lower, ResourceDynamic, WasmList, WasmStr,
};
use wasmtime::{bail, AsContextMut, Result};
use wasmtime_c_api::WasmtimeStoreData;

/// No signature of the table below has more.
const SLOTS_MAX: usize = 8;

/// Collects the slots of a call, and text that had to be decoded.
struct Args {
    slots: [Slot; SLOTS_MAX],
    len: usize,
    texts: Vec<String>,
}

impl Args {
    fn push(&mut self, slot: Slot) {
        self.slots[self.len] = slot;
        self.len += 1;
    }
}

/// A value that comes from a guest.
trait Arg: ComponentType + Lift + 'static {
    /// Appends the type's text, as `Ty` displays it.
    fn shape(out: &mut String);
    fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()>;
}

/// A value that goes to a guest.
trait Answer: Sized + ComponentType + Lower + Send + Sync + 'static {
    const SLOTS: usize;
    fn shape(out: &mut String);
    /// # Safety
    /// C filled the slots with a value of this type. `ty` is the type.
    unsafe fn write(from: &[Slot], ty: &Ty) -> Result<Self>;
}

macro_rules! number {
    ($ty:ty, $shape:literal, $to:expr, $from:expr) => {
        impl Arg for $ty {
            fn shape(out: &mut String) {
                out.push_str($shape);
            }
            fn read(self, _: &Context<'_>, args: &mut Args) -> Result<()> {
                args.push(Slot::number($to(self)));
                Ok(())
            }
        }
        impl Answer for $ty {
            const SLOTS: usize = 1;
            fn shape(out: &mut String) {
                out.push_str($shape);
            }
            unsafe fn write(from: &[Slot], _: &Ty) -> Result<Self> {
                Ok($from(from[0].n()))
            }
        }
    };
}

number!(bool, "bool", u64::from, |n| n != 0);
number!(u64, "u64", |n| n, |n| n);
number!(i64, "s64", |n| n as u64, |n| n as i64);

/// A borrowed resource. Which one, the link-time check has seen and the number shows again.
impl Arg for ResourceDynamic {
    fn shape(out: &mut String) {
        out.push_str("borrow");
    }
    fn read(self, _: &Context<'_>, args: &mut Args) -> Result<()> {
        args.push(Slot::number(self.rep().into()));
        Ok(())
    }
}

impl Arg for WasmList<u8> {
    fn shape(out: &mut String) {
        out.push_str("list<u8>");
    }
    fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()> {
        args.push(Slot::list(self.as_le_slice(context)));
        Ok(())
    }
}

impl Arg for WasmStr {
    fn shape(out: &mut String) {
        out.push_str("string");
    }
    fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()> {
        match self.to_str(context)? {
            std::borrow::Cow::Borrowed(text) => args.push(Slot::list(text.as_bytes())),
            std::borrow::Cow::Owned(text) => {
                args.push(Slot::list(text.as_bytes()));
                args.texts.push(text);
            }
        }
        Ok(())
    }
}

/// Only of one slot's values.
impl<T: Arg> Arg for Option<T> {
    fn shape(out: &mut String) {
        out.push_str("option<");
        T::shape(out);
        out.push('>');
    }
    fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()> {
        args.push(Slot::number(self.is_some().into()));
        match self {
            Some(value) => value.read(context, args),
            None => {
                args.push(Slot::ZERO);
                Ok(())
            }
        }
    }
}

impl Answer for &'static [u8] {
    const SLOTS: usize = 1;
    fn shape(out: &mut String) {
        out.push_str("list<u8>");
    }
    unsafe fn write(from: &[Slot], _: &Ty) -> Result<Self> {
        // SAFETY: as this function's own.
        Ok(unsafe { from[0].items() })
    }
}

impl Answer for &'static str {
    const SLOTS: usize = 1;
    fn shape(out: &mut String) {
        out.push_str("string");
    }
    unsafe fn write(from: &[Slot], _: &Ty) -> Result<Self> {
        // SAFETY: as this function's own.
        unsafe { from[0].text() }
    }
}

/// A resource that the guest will own.
impl Answer for ResourceDynamic {
    const SLOTS: usize = 1;
    fn shape(out: &mut String) {
        out.push_str("own");
    }
    unsafe fn write(from: &[Slot], ty: &Ty) -> Result<Self> {
        match ty {
            Ty::Own(kind) => Ok(ResourceDynamic::new_own(from[0].n() as u32, *kind)),
            _ => bail!("`{ty}` is no resource"),
        }
    }
}

impl Answer for () {
    const SLOTS: usize = 0;
    fn shape(out: &mut String) {
        out.push('_');
    }
    unsafe fn write(_: &[Slot], _: &Ty) -> Result<Self> {
        Ok(())
    }
}

/// `stream-error` of `wasi:io/streams`.
#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    Failed(ResourceDynamic),
    #[component(name = "closed")]
    Closed,
}

impl Answer for StreamError {
    const SLOTS: usize = 2;
    fn shape(out: &mut String) {
        out.push_str("variant{last-operation-failed(own), closed}");
    }
    unsafe fn write(from: &[Slot], ty: &Ty) -> Result<Self> {
        match ty {
            Ty::Variant(cases) if from[0].n() == 0 => match &cases[0].1 {
                // SAFETY: as this function's own.
                Some(ty) => Ok(StreamError::Failed(unsafe { ResourceDynamic::write(&from[1..], ty) }?)),
                None => bail!("`{ty}` is no stream-error"),
            },
            _ => Ok(StreamError::Closed),
        }
    }
}

impl<T: Answer> Answer for std::result::Result<T, StreamError> {
    const SLOTS: usize = 1 + if T::SLOTS > StreamError::SLOTS { T::SLOTS } else { StreamError::SLOTS };
    fn shape(out: &mut String) {
        out.push_str("result<");
        T::shape(out);
        out.push_str(", ");
        StreamError::shape(out);
        out.push('>');
    }
    unsafe fn write(from: &[Slot], ty: &Ty) -> Result<Self> {
        const UNIT: Ty = Ty::Tuple(Vec::new());
        let Ty::Result(ok, Some(err)) = ty else { bail!("`{ty}` is no result of a stream") };
        // SAFETY: as this function's own.
        Ok(match from[0].n() {
            0 => Ok(unsafe { T::write(&from[1..], ok.as_deref().unwrap_or(&UNIT)) }?),
            _ => Err(unsafe { StreamError::write(&from[1..], err) }?),
        })
    }
}

macro_rules! tuple_answer {
    ($($name:ident)+) => {
        impl<$($name: Answer),+> Answer for ($($name,)+) {
            const SLOTS: usize = 0 $(+ $name::SLOTS)+;
            fn shape(out: &mut String) {
                let mut between = "tuple<";
                $(out.push_str(between); $name::shape(out); between = ", ";)+
                let _ = between;
                out.push('>');
            }
            #[allow(non_snake_case, unused_assignments)]
            unsafe fn write(from: &[Slot], ty: &Ty) -> Result<Self> {
                let Ty::Tuple(items) = ty else { bail!("`{ty}` is no tuple") };
                let (mut items, mut from) = (items.iter(), from);
                $(
                    let Some(item) = items.next() else { bail!("`{ty}` is too short") };
                    // SAFETY: as this function's own.
                    let $name = unsafe { $name::write(from, item) }?;
                    from = &from[$name::SLOTS..];
                )+
                Ok(($($name,)+))
            }
        }
    };
}

tuple_answer!(A B);
tuple_answer!(A B C);

/// The arguments of a function.
trait ArgList: ComponentNamedList + Lift + 'static {
    fn shape(out: &mut String);
    fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()>;
}

macro_rules! arg_list {
    ($($name:ident)*) => {
        impl<$($name: Arg),*> ArgList for ($($name,)*) {
            #[allow(unused_variables)]
            fn shape(out: &mut String) {
                let between = "";
                $(out.push_str(between); let between = ", "; $name::shape(out);)*
            }
            #[allow(non_snake_case, unused_variables)]
            fn read(self, context: &Context<'_>, args: &mut Args) -> Result<()> {
                let ($($name,)*) = self;
                $($name.read(context, args)?;)*
                Ok(())
            }
        }
    };
}

arg_list!();
arg_list!(A);
arg_list!(A B);
arg_list!(A B C);

/// One row of the table: a signature's text and how to define a function of it.
struct Typed {
    shape: fn() -> String,
    define: fn(&mut LinkerInstance<'_, WasmtimeStoreData>, &str, Host, Arc<Signature>) -> Result<()>,
}

fn shape<P: ArgList, R: Answer>() -> String {
    let mut text = String::from("(");
    P::shape(&mut text);
    text.push_str(") -> ");
    R::shape(&mut text);
    text
}

fn call<P: ArgList, R: Answer>(signature: &Signature, host: Host, mut context: Context<'_>, params: P) -> Result<(R,)> {
    let mut args = Args { slots: [Slot::ZERO; SLOTS_MAX], len: 0, texts: Vec::new() };
    let mut out = [Slot::ZERO; SLOTS_MAX];
    params.read(&context, &mut args)?;
    host.call(context.as_context_mut(), &args.slots[..args.len], &mut out)?;
    match &signature.result {
        // SAFETY: the host has filled the slots of this very type.
        Some(ty) => Ok((unsafe { R::write(&out, ty) }?,)),
        None => bail!("`{signature}` has no result"),
    }
}

fn define_typed<P: ArgList, R: Answer>(
    at: &mut LinkerInstance<'_, WasmtimeStoreData>, name: &str, host: Host, signature: Arc<Signature>,
) -> Result<()> {
    at.func_wrap(name, move |context: Context<'_>, params: P| call::<P, R>(&signature, host, context, params))
}

const fn typed<P: ArgList, R: Answer>() -> Typed {
    assert!(R::SLOTS <= SLOTS_MAX);
    Typed { shape: shape::<P, R>, define: define_typed::<P, R> }
}

type Bytes = &'static [u8];
type Text = &'static str;
type Stream<T> = std::result::Result<T, StreamError>;

const TABLE: &[Typed] = &[
    // wasi:io
    typed::<(ResourceDynamic,), bool>(),
    typed::<(ResourceDynamic,), ResourceDynamic>(),
    typed::<(ResourceDynamic,), Stream<()>>(),
    typed::<(ResourceDynamic,), Stream<u64>>(),
    typed::<(ResourceDynamic, u64), Stream<()>>(),
    typed::<(ResourceDynamic, u64), Stream<u64>>(),
    typed::<(ResourceDynamic, u64), Stream<Bytes>>(),
    typed::<(ResourceDynamic, WasmList<u8>), Stream<()>>(),
    // wasi:clocks, wasi:random
    typed::<(), u64>(),
    typed::<(u64,), Bytes>(),
    // near:*, outlayer:*
    typed::<(WasmStr,), bool>(),
    typed::<(WasmStr,), (Bytes, Text)>(),
    typed::<(WasmStr, WasmStr), (Bytes, Text)>(),
    typed::<(WasmStr, Option<WasmStr>), (Bytes, Text)>(),
    typed::<(WasmStr, WasmList<u8>), Text>(),
    typed::<(WasmStr, WasmList<u8>), (bool, Text)>(),
    typed::<(WasmStr, WasmList<u8>, Option<bool>), Text>(),
    typed::<(WasmStr, WasmList<u8>, WasmList<u8>), (bool, Bytes, Text)>(),
];

/// Defines a function with static types. False: the signature is not in the table.
pub fn define(
    at: &mut LinkerInstance<'_, WasmtimeStoreData>, name: &str, host: Host, signature: &Arc<Signature>,
) -> Result<bool> {
    let mut wanted = String::new();
    write!(wanted, "{signature}").expect("strings grow");
    match TABLE.iter().find(|row| (row.shape)() == wanted) {
        Some(row) => (row.define)(at, name, host, signature.clone()).map(|()| true),
        None => Ok(false),
    }
}
