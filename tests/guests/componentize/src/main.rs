//! componentize command MODULE OUT       a preview 1 command becomes a component, through the public adapter
//! componentize module MODULE OUT        a module that imports and exports WASI 0.2 by itself becomes a component
//! componentize program WIT MODULE OUT   the same; it may also import wasi:http and the interfaces in folder WIT
//! componentize everything [WIT] OUT     a component that imports all of `wasi:cli/command`, or of that, and whose `run` traps
//! componentize text FILE.wat OUT        a module or component from its text form
use anyhow::{bail, Context, Result};
use std::{env, fs};
use wasi_preview1_component_adapter_provider::{WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER};
use wit_component::{dummy_module, embed_component_metadata, ComponentEncoder, StringEncoding};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

const WORLD: &str = "wasi:cli/command@0.2.12";

/// All that a program on OutLayer may import.
const PROGRAM: &str = "
package outlayer:test;
world program {
    include wasi:cli/command@0.2.12;
    include outlayer:program/host@0.1.0;
    import wasi:http/outgoing-handler@0.2.12;
}";

fn command(module: &str) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(&fs::read(module)?)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?
        .encode()
}

fn standard() -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(env!("WASI_WIT"))?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    Ok((resolve, world))
}

fn encode(mut module: Vec<u8>, resolve: &Resolve, world: WorldId) -> Result<Vec<u8>> {
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}

fn program(wit: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    resolve.push_path(env!("WASI_WIT"))?;
    resolve.push_path(wit)?;
    let package = resolve.push_str("program.wit", PROGRAM)?;
    let world = resolve.select_world(&[package], None)?;
    Ok((resolve, world))
}

fn module(path: &str, (resolve, world): (Resolve, WorldId)) -> Result<Vec<u8>> {
    encode(fs::read(path)?, &resolve, world)
}

fn everything((resolve, world): (Resolve, WorldId)) -> Result<Vec<u8>> {
    encode(dummy_module(&resolve, world, ManglingAndAbi::Standard32), &resolve, world)
}

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (bytes, out) = match args[..] {
        ["command", path, out] => (command(path), out),
        ["module", path, out] => (standard().and_then(|world| module(path, world)), out),
        ["program", wit, path, out] => (program(wit).and_then(|world| module(path, world)), out),
        ["everything", out] => (standard().and_then(everything), out),
        ["everything", wit, out] => (program(wit).and_then(everything), out),
        ["text", path, out] => (wat::parse_file(path).map_err(Into::into), out),
        _ => bail!(
            "usage: componentize command MODULE OUT | module MODULE OUT | program WIT MODULE OUT | everything [WIT] OUT | \
             text FILE.wat OUT"
        ),
    };
    fs::write(out, bytes.with_context(|| args.join(" "))?).with_context(|| format!("writing {out}"))
}
