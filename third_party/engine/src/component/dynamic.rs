//! Functions of any signature, through wasmtime's dynamic values. Every value is compared with the signature again: what does not
//! fit ends the guest, whatever the link-time check said.
use super::signature::{Signature, Ty};
use super::slot::{Context, Host, Slot};
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, ResourceAny, ResourceDynamic, Val};
use wasmtime::{bail, AsContextMut, Result};
use wasmtime_c_api::WasmtimeStoreData;

/// What slots point to while C looks at them.
#[derive(Default)]
struct Kept {
    lists: Vec<Vec<Slot>>,
    bytes: Vec<Vec<u8>>,
}

fn index_of<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> Result<u64> {
    match names.position(|n| n == name) {
        Some(i) => Ok(i as u64),
        None => bail!("`{name}` is none of the names"),
    }
}

fn read_resource(resource: &ResourceAny, kind: u32, context: &mut Context<'_>) -> Result<Slot> {
    let resource = ResourceDynamic::try_from_resource_any(*resource, context.as_context_mut())?;
    if resource.ty() != kind {
        bail!("a resource of another type");
    }
    Ok(Slot::number(resource.rep().into()))
}

fn read_bytes(values: &[Val]) -> Result<Vec<u8>> {
    let byte = |v: &Val| match v {
        Val::U8(byte) => Ok(*byte),
        _ => bail!("a list of something else than bytes"),
    };
    values.iter().map(byte).collect()
}

fn read_list(item: &Ty, values: &[Val], context: &mut Context<'_>, kept: &mut Kept) -> Result<Slot> {
    if let Ty::U8 = item {
        let bytes = read_bytes(values)?;
        let slot = Slot::list(&bytes);
        kept.bytes.push(bytes);
        return Ok(slot);
    }
    let mut slots = Vec::with_capacity(values.len() * item.slots());
    for value in values {
        read(item, value, context, kept, &mut slots)?;
    }
    let mut slot = Slot::list(&slots);
    slot = slot.with_len(values.len());
    kept.lists.push(slots);
    Ok(slot)
}

/// Appends a payload that may be absent, and zeroes up to `room` slots.
fn read_payload(
    ty: Option<&Ty>, value: Option<&Val>, room: usize, context: &mut Context<'_>, kept: &mut Kept, to: &mut Vec<Slot>,
) -> Result<()> {
    let end = to.len() + room;
    match (ty, value) {
        (Some(ty), Some(value)) => read(ty, value, context, kept, to)?,
        (None, None) => {}
        _ => bail!("a payload where none belongs, or none where one does"),
    }
    to.resize(end, Slot::ZERO);
    Ok(())
}

fn read(ty: &Ty, value: &Val, context: &mut Context<'_>, kept: &mut Kept, to: &mut Vec<Slot>) -> Result<()> {
    let payload = ty.slots() - 1.min(ty.slots());
    let slot = match (ty, value) {
        (Ty::Bool, Val::Bool(b)) => Slot::number((*b).into()),
        (Ty::U8, Val::U8(n)) => Slot::number((*n).into()),
        (Ty::U16, Val::U16(n)) => Slot::number((*n).into()),
        (Ty::U32, Val::U32(n)) => Slot::number((*n).into()),
        (Ty::U64, Val::U64(n)) => Slot::number(*n),
        (Ty::S8, Val::S8(n)) => Slot::number(i64::from(*n) as u64),
        (Ty::S16, Val::S16(n)) => Slot::number(i64::from(*n) as u64),
        (Ty::S32, Val::S32(n)) => Slot::number(i64::from(*n) as u64),
        (Ty::S64, Val::S64(n)) => Slot::number(*n as u64),
        (Ty::Char, Val::Char(c)) => Slot::number(u32::from(*c).into()),
        (Ty::String, Val::String(text)) => Slot::list(text.as_bytes()),
        (Ty::List(item), Val::List(values)) => read_list(item, values, context, kept)?,
        (Ty::Enum(names), Val::Enum(name)) => Slot::number(index_of(names.iter().map(String::as_str), name)?),
        (Ty::Flags(names), Val::Flags(set)) => {
            let mut bits = 0;
            for name in set {
                bits |= 1 << index_of(names.iter().map(String::as_str), name)?;
            }
            Slot::number(bits)
        }
        (Ty::Own(kind) | Ty::Borrow(kind), Val::Resource(resource)) => read_resource(resource, *kind, context)?,
        (Ty::Option(some), Val::Option(value)) => {
            to.push(Slot::number(value.is_some().into()));
            let ty = value.as_ref().map(|_| &**some);
            return read_payload(ty, value.as_deref(), payload, context, kept, to);
        }
        (Ty::Result(ok, err), Val::Result(value)) => {
            to.push(Slot::number(value.is_err().into()));
            let (ty, value) = match value {
                Ok(value) => (ok, value),
                Err(value) => (err, value),
            };
            return read_payload(ty.as_deref(), value.as_deref(), payload, context, kept, to);
        }
        (Ty::Variant(cases), Val::Variant(name, value)) => {
            let case = index_of(cases.iter().map(|c| c.0.as_str()), name)?;
            to.push(Slot::number(case));
            return read_payload(cases[case as usize].1.as_ref(), value.as_deref(), payload, context, kept, to);
        }
        (Ty::Tuple(items), Val::Tuple(values)) if items.len() == values.len() => {
            return items.iter().zip(values).try_for_each(|(ty, value)| read(ty, value, context, kept, to));
        }
        (Ty::Record(fields), Val::Record(values)) if fields.len() == values.len() => {
            return fields.iter().zip(values).try_for_each(|(field, value)| read(&field.1, &value.1, context, kept, to));
        }
        _ => bail!("a value of another type than `{ty}`"),
    };
    to.push(slot);
    Ok(())
}

fn write_payload(ty: Option<&Ty>, from: &[Slot], context: &mut Context<'_>) -> Result<Option<Box<Val>>> {
    match ty {
        Some(ty) => Ok(Some(Box::new(write(ty, from, context)?))),
        None => Ok(None),
    }
}

fn case<T>(cases: &[T], slot: Slot) -> Result<&T> {
    match usize::try_from(slot.n()).ok().and_then(|i| cases.get(i)) {
        Some(case) => Ok(case),
        None => bail!("the host chose case {} of {}", slot.n(), cases.len()),
    }
}

fn write_list(item: &Ty, from: Slot, context: &mut Context<'_>) -> Result<Val> {
    if let Ty::U8 = item {
        // SAFETY: the signature says that C put bytes here.
        let bytes = unsafe { from.items::<u8>() };
        return Ok(Val::List(bytes.iter().map(|byte| Val::U8(*byte)).collect()));
    }
    let each = item.slots().max(1);
    // SAFETY: the signature says that C put a list of such elements here.
    let slots = unsafe { from.with_len(from.len() * each).items::<Slot>() };
    let values = slots.chunks(each).map(|slots| write(item, slots, context));
    Ok(Val::List(values.collect::<Result<_>>()?))
}

fn write_each<'a>(types: impl Iterator<Item = &'a Ty>, mut from: &[Slot], context: &mut Context<'_>) -> Result<Vec<Val>> {
    let mut values = Vec::new();
    for ty in types {
        values.push(write(ty, from, context)?);
        from = &from[ty.slots()..];
    }
    Ok(values)
}

fn write(ty: &Ty, from: &[Slot], context: &mut Context<'_>) -> Result<Val> {
    let first = from.first().copied().unwrap_or(Slot::ZERO);
    let n = first.n();
    Ok(match ty {
        Ty::Bool => Val::Bool(n != 0),
        Ty::U8 => Val::U8(n as u8),
        Ty::U16 => Val::U16(n as u16),
        Ty::U32 => Val::U32(n as u32),
        Ty::U64 => Val::U64(n),
        Ty::S8 => Val::S8(n as i8),
        Ty::S16 => Val::S16(n as i16),
        Ty::S32 => Val::S32(n as i32),
        Ty::S64 => Val::S64(n as i64),
        Ty::Char => Val::Char(char::from_u32(n as u32).unwrap_or(char::REPLACEMENT_CHARACTER)),
        // SAFETY: the signature says that C put text here.
        Ty::String => Val::String(unsafe { first.text() }?.to_owned()),
        Ty::List(item) => write_list(item, first, context)?,
        Ty::Enum(names) => Val::Enum(case(names, first)?.clone()),
        Ty::Flags(names) => {
            let is_set = |i: &usize| n >> i & 1 == 1;
            Val::Flags((0..names.len()).filter(is_set).map(|i| names[i].clone()).collect())
        }
        Ty::Own(kind) => {
            let resource = ResourceDynamic::new_own(n as u32, *kind);
            Val::Resource(resource.try_into_resource_any(context.as_context_mut())?)
        }
        Ty::Borrow(_) => bail!("a borrowed resource is no result"),
        Ty::Option(some) => {
            let ty = if n == 0 { None } else { Some(&**some) };
            Val::Option(write_payload(ty, &from[1..], context)?)
        }
        Ty::Result(ok, _) if n == 0 => Val::Result(Ok(write_payload(ok.as_deref(), &from[1..], context)?)),
        Ty::Result(_, err) => Val::Result(Err(write_payload(err.as_deref(), &from[1..], context)?)),
        Ty::Variant(cases) => {
            let (name, ty) = case(cases, first)?;
            Val::Variant(name.clone(), write_payload(ty.as_ref(), &from[1..], context)?)
        }
        Ty::Tuple(items) => Val::Tuple(write_each(items.iter(), from, context)?),
        Ty::Record(fields) => {
            let values = write_each(fields.iter().map(|field| &field.1), from, context)?;
            Val::Record(fields.iter().map(|field| field.0.clone()).zip(values).collect())
        }
    })
}

fn call(signature: &Signature, host: Host, mut context: Context<'_>, params: &[Val], results: &mut [Val]) -> Result<()> {
    if params.len() != signature.params.len() || results.len() != usize::from(signature.result.is_some()) {
        bail!("a function of another signature than `{signature}`");
    }
    let mut kept = Kept::default();
    let mut args = Vec::with_capacity(8);
    for (ty, value) in signature.params.iter().zip(params) {
        read(ty, value, &mut context, &mut kept, &mut args)?;
    }
    let mut out = vec![Slot::ZERO; signature.result.as_ref().map_or(0, Ty::slots)];
    host.call(context.as_context_mut(), &args, &mut out)?;
    if let Some(ty) = &signature.result {
        results[0] = write(ty, &out, &mut context)?;
    }
    Ok(())
}

pub fn define(at: &mut LinkerInstance<'_, WasmtimeStoreData>, name: &str, host: Host, signature: Arc<Signature>) -> Result<()> {
    at.func_new(name, move |context, _, params, results| call(&signature, host, context, params, results))
}
