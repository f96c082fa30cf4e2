//! Components for C: host functions registered by a signature in text, programs linked once and instantiated often, and the
//! cause of a fault. The C header is `src/engine/component/shim.h`; it documents each function.
//!
//! wasmtime's C API would pass a list of bytes as a list of tagged values, forty bytes each, and would not compare a function's
//! signature with what a component means by it.
mod dynamic;
mod signature;
mod slot;
mod typed;

use signature::{parse_signature, parse_type, Names, Signature};
use slot::{Context, Function, Host};
use std::collections::HashMap;
use std::ffi::{c_char, c_void, CStr};
use std::sync::Arc;
use wasmtime::component::{
    types::{self, ComponentItem},
    Component, ComponentExportIndex, Instance, InstancePre, Linker, LinkerInstance, ResourceType,
};
use wasmtime::{bail, AsContextMut, Engine, Error, Precompiled, Result, Trap, WasmBacktrace};
use wasmtime_c_api::{
    wasm_engine_t, wasm_name_t, wasmtime_component_linker_new, wasmtime_component_linker_t, wasmtime_component_t,
    wasmtime_error_t, WasmtimeStoreData,
};

type Failure = Option<Box<wasmtime_error_t>>;

/// The functions under one name, such as `wasi:io/poll@0.2.0`.
type Interface = HashMap<String, Arc<Signature>>;

/// `shim_linker_t`.
pub struct ShimLinker {
    linker: Box<wasmtime_component_linker_t>,
    names: Names,
    interfaces: HashMap<String, Interface>, /* by the name's family */
}

/// `shim_program_t`.
pub struct ShimProgram {
    pre: InstancePre<WasmtimeStoreData>,
    run: ComponentExportIndex,
}

/// `shim_fault_t`.
#[repr(C)]
pub struct ShimFault {
    trap: i32,
    cause: wasm_name_t,
    function: wasm_name_t,
}

const RUN: &str = "wasi:cli/run@0.2.0";

/// The name with as much of its version as compatible versions share: `wasi:io/poll@0.2` for `wasi:io/poll@0.2.6`. This is the rule
/// by which wasmtime's linker finds definitions.
fn family(name: &str) -> &str {
    let Some((_, version)) = name.split_once('@') else { return name };
    let mut parts = version.splitn(3, '.');
    let (Some(major), Some(minor), Some(patch)) = (parts.next(), parts.next(), parts.next()) else { return name };
    let kept = match (major, minor) {
        _ if patch.contains(['-', '+']) => return name,
        ("0", "0") => return name,
        ("0", _) => major.len() + 1 + minor.len(),
        _ => major.len(),
    };
    &name[..name.len() - version.len() + kept]
}

fn without_version(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

fn failure(result: Result<()>) -> Failure {
    result.err().map(|e| Box::new(wasmtime_error_t::from(e)))
}

/// # Safety
/// `text` ends in a NUL and lives as long as it is used.
unsafe fn text<'a>(text: *const c_char) -> Result<&'a str> {
    // SAFETY: as this function's own.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Error::msg("a name that is not UTF-8"))
}

/// The component in wasmtime's wrapper, which is transparent but keeps its field to itself.
fn component_of(component: &wasmtime_component_t) -> &Component {
    // SAFETY: `wasmtime_component_t` is `repr(transparent)` over `Component`.
    unsafe { &*std::ptr::from_ref(component).cast() }
}

impl ShimLinker {
    fn linker(&self) -> &Linker<WasmtimeStoreData> {
        // SAFETY: `wasmtime_component_linker_t` is `repr(transparent)` over its linker.
        unsafe { &*std::ptr::from_ref(&*self.linker).cast() }
    }

    /// The place of an interface's definitions, for wasmtime and for us.
    fn at(&mut self, interface: &str) -> Result<(LinkerInstance<'_, WasmtimeStoreData>, &mut Interface)> {
        // SAFETY: as linker().
        let linker: &mut Linker<WasmtimeStoreData> = unsafe { &mut *std::ptr::from_mut(&mut *self.linker).cast() };
        let ours = self.interfaces.entry(family(interface).to_owned()).or_default();
        Ok((linker.instance(interface)?, ours))
    }

    fn add_type(&mut self, name: &str, text: &str) -> Result<()> {
        let ty = parse_type(text, &self.names)?;
        match self.names.types.insert(name.to_owned(), ty) {
            None => Ok(()),
            Some(_) => bail!("the type `{name}` is defined twice"),
        }
    }

    fn add_resource(&mut self, interface: &str, name: &str, kind: u32, drop: Function, env: *mut c_void) -> Result<()> {
        let host = Host { function: drop, env };
        let (mut at, _) = self.at(interface)?;
        at.resource(name, ResourceType::host_dynamic(kind), move |mut context, rep| {
            host.call(context.as_context_mut(), &[slot::Slot::number(rep.into())], &mut [])
        })?;
        match self.names.resources.insert(name.to_owned(), kind) {
            None => Ok(()),
            Some(_) => bail!("the resource `{name}` is defined twice"),
        }
    }

    fn add_function(&mut self, interface: &str, name: &str, signature: &str, host: Host) -> Result<()> {
        let signature = Arc::new(parse_signature(signature, &self.names)?);
        let (mut at, ours) = self.at(interface)?;
        if !typed::define(&mut at, name, host, &signature)? {
            dynamic::define(&mut at, name, host, signature.clone())?;
        }
        ours.insert(name.to_owned(), signature);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<&Interface> {
        if let Some(found) = self.interfaces.get(family(name)) {
            return Ok(found);
        }
        let versions = self.interfaces.keys().find(|known| without_version(known) == without_version(name));
        match versions {
            Some(known) => bail!("the program imports `{name}`, which does not exist here; there is `{known}`"),
            None => bail!("the program imports `{name}`, which does not exist here"),
        }
    }

    /// That every import is a function or resource that exists.
    fn check_names(&self, component: &Component, engine: &Engine) -> Result<()> {
        for (name, import) in component.component_type().imports(engine) {
            let instance = match import.ty {
                ComponentItem::ComponentInstance(instance) => instance,
                ComponentItem::Type(_) | ComponentItem::Resource(_) => continue, /* of an interface; the linker looks at it */
                _ => bail!("the program imports `{name}` by itself; only interfaces such as `wasi:io/streams@0.2.0` exist here"),
            };
            let ours = self.find(name)?;
            for (item, export) in instance.exports(engine) {
                let exists = match export.ty {
                    ComponentItem::ComponentFunc(_) => ours.contains_key(item),
                    ComponentItem::Resource(_) => self.names.resources.contains_key(item), /* also of an interface it uses */
                    ComponentItem::Type(_) => true,
                    _ => false,
                };
                if !exists {
                    bail!("the program imports `{item}` of `{name}`, which does not exist here");
                }
            }
        }
        Ok(())
    }

    /// That every function has the signature it has here. Needs `check_names`.
    fn check_signatures(&self, component: &types::Component, engine: &Engine) -> Result<()> {
        for (name, import) in component.imports(engine) {
            let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
            let ours = self.find(name)?;
            for (item, export) in instance.exports(engine) {
                let ComponentItem::ComponentFunc(function) = export.ty else { continue };
                match ours.get(item) {
                    Some(signature) if signature.is(&function) => {}
                    Some(signature) => {
                        bail!("the program imports `{item}` of `{name}` with another signature than `{signature}`")
                    }
                    None => bail!("the program imports `{item}` of `{name}`, which does not exist here"),
                }
            }
        }
        Ok(())
    }

    fn link(&self, component: &Component) -> Result<ShimProgram> {
        let engine = component.engine();
        self.check_names(component, engine)?;
        self.check_signatures(&self.linker().substituted_component_type(component)?, engine)?;
        let Some(run) = find_run(component, engine) else {
            bail!("the program exports no function `run` of `wasi:cli/run@0.2.0` or a later patch of it; build a command with a main function, not a library")
        };
        Ok(ShimProgram { pre: self.linker().instantiate_pre(component)?, run })
    }
}

/// `run: func() -> result` of any version of `wasi:cli/run` that is compatible with ours.
fn find_run(component: &Component, engine: &Engine) -> Option<ComponentExportIndex> {
    let (item, at) = component.get_export(None, RUN)?;
    let ComponentItem::ComponentInstance(instance) = item else { return None };
    let ComponentItem::ComponentFunc(run) = instance.get_export(engine, "run")?.ty else { return None };
    let signature = parse_signature("() -> result", &Names::default()).ok()?;
    if !signature.is(&run) {
        return None;
    }
    component.get_export_index(Some(&at), "run")
}

#[no_mangle]
pub extern "C" fn shim_linker_new(engine: &wasm_engine_t) -> Box<ShimLinker> {
    let linker = wasmtime_component_linker_new(engine);
    Box::new(ShimLinker { linker, names: Names::default(), interfaces: HashMap::new() })
}

#[no_mangle]
pub extern "C" fn shim_linker_delete(_: Box<ShimLinker>) {}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_linker_type(l: &mut ShimLinker, name: *const c_char, ty: *const c_char) -> Failure {
    // SAFETY: as this function's own, here and in the functions below.
    let names = unsafe { (text(name), text(ty)) };
    failure(match names {
        (Ok(name), Ok(ty)) => l.add_type(name, ty),
        (Err(e), _) | (_, Err(e)) => Err(e),
    })
}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_linker_resource(
    l: &mut ShimLinker, interface: *const c_char, name: *const c_char, kind: u32, drop: Function, env: *mut c_void,
) -> Failure {
    let names = unsafe { (text(interface), text(name)) };
    failure(match names {
        (Ok(interface), Ok(name)) => l.add_resource(interface, name, kind, drop, env),
        (Err(e), _) | (_, Err(e)) => Err(e),
    })
}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_linker_function(
    l: &mut ShimLinker, interface: *const c_char, name: *const c_char, signature: *const c_char, function: Function,
    env: *mut c_void,
) -> Failure {
    let names = unsafe { (text(interface), text(name), text(signature)) };
    failure(match names {
        (Ok(interface), Ok(name), Ok(signature)) => l.add_function(interface, name, signature, Host { function, env }),
        (Err(e), ..) | (_, Err(e), _) | (.., Err(e)) => Err(e),
    })
}

#[no_mangle]
pub extern "C" fn shim_program_new(l: &ShimLinker, component: &wasmtime_component_t, out: &mut Option<Box<ShimProgram>>) -> Failure {
    failure(l.link(component_of(component)).map(|program| *out = Some(Box::new(program))))
}

#[no_mangle]
pub extern "C" fn shim_program_delete(_: Box<ShimProgram>) {}

#[no_mangle]
pub extern "C" fn shim_program_instantiate(
    program: &ShimProgram, mut context: Context<'_>, max_argument_len: usize, out: &mut Instance,
) -> Failure {
    context.set_hostcall_fuel(max_argument_len);
    failure(program.pre.instantiate(context).map(|instance| *out = instance))
}

#[no_mangle]
pub extern "C" fn shim_program_run(program: &ShimProgram, mut context: Context<'_>, instance: &Instance, ok: &mut bool) -> Failure {
    let mut run = || -> Result<bool> {
        let run = instance.get_typed_func::<(), (std::result::Result<(), ()>,)>(context.as_context_mut(), program.run)?;
        Ok(run.call(context.as_context_mut(), ())?.0.is_ok())
    };
    failure(run().map(|fine| *ok = fine))
}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_artifact_is_component(path: *const c_char) -> bool {
    // SAFETY: as this function's own.
    let kind = unsafe { text(path) }.and_then(Engine::detect_precompiled_file);
    matches!(kind, Ok(Some(Precompiled::Component)))
}

#[no_mangle]
pub extern "C" fn shim_fault_take(error: Box<wasmtime_error_t>, out: &mut ShimFault) {
    let error = Error::from(*error);
    let trace = error.downcast_ref::<WasmBacktrace>();
    let function = trace.and_then(|t| t.frames().first()).and_then(|frame| frame.func_name());
    out.trap = error.downcast_ref::<Trap>().map_or(-1, |trap| i32::from(*trap as u8));
    out.cause.set_buffer(error.root_cause().to_string().into_bytes());
    out.function.set_buffer(function.unwrap_or_default().as_bytes().to_vec());
}
