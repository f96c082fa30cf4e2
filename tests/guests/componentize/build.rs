//! Tells the program where the crate registry has put the standard's WIT files.
use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let cargo = env::var("CARGO").expect("cargo runs this");
    let metadata = Command::new(cargo).args(["metadata", "--format-version", "1", "--locked", "--offline"]).output();
    let text = String::from_utf8(metadata.expect("cargo metadata").stdout).expect("JSON is UTF-8");
    let mut paths = text.split("\"manifest_path\":\"").filter_map(|rest| rest.split('"').next());
    let manifest = paths.find(|path| path.contains("/wasip2-")).expect("wasip2 is a dependency");
    let folder = Path::new(manifest).parent().expect("a file is in a folder");
    println!("cargo:rustc-env=WASI_WIT={}", folder.join("wit").display());
}
