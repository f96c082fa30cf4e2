//! A text tool out of crates. The first line of standard input is a command and its argument, the rest is what it is applied to:
//!
//!     find PATTERN      regex: lines that match, with what its groups hold
//!     replace PATTERN   regex: all matches become the last line, in which $1 and ${name} are groups
//!     json POINTER      serde_json: what the pointer leads to, indented
//!     table             csv: records as JSON, sorted by the first column
//!     pack              flate2: there and back; length, compressed length, SHA-256 of both
use flate2::{read::ZlibDecoder, write::ZlibEncoder, Compression};
use regex::Regex;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::io::{stdin, Read, Write};
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error>;

fn find(pattern: &str, text: &str) -> Result<(), Failure> {
    let pattern = Regex::new(pattern)?;
    for (number, line) in text.lines().enumerate() {
        if let Some(found) = pattern.captures(line) {
            let groups: Vec<_> = found.iter().skip(1).map(|group| group.map_or("-", |g| g.as_str())).collect();
            println!("{}: {line} {groups:?}", number + 1);
        }
    }
    Ok(())
}

fn replace(pattern: &str, text: &str) -> Result<(), Failure> {
    let (text, by) = text.trim_end().rsplit_once('\n').ok_or("nothing to replace by")?;
    println!("{}", Regex::new(pattern)?.replace_all(text, by));
    Ok(())
}

fn json(pointer: &str, text: &str) -> Result<(), Failure> {
    let value: Value = serde_json::from_str(text)?;
    println!("{:#}", value.pointer(pointer).ok_or("the pointer leads nowhere")?);
    Ok(())
}

fn table(text: &str) -> Result<(), Failure> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers()?.clone();
    let mut records = reader.records().collect::<Result<Vec<_>, _>>()?;
    records.sort_by(|a, b| a.get(0).cmp(&b.get(0)));
    for record in records {
        let fields = names.iter().zip(&record).map(|(name, field)| (name.to_owned(), Value::from(field)));
        println!("{}", Value::Object(Map::from_iter(fields)));
    }
    Ok(())
}

fn pack(text: &str) -> Result<(), Failure> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes())?;
    let packed = packed.finish()?;
    let mut unpacked = String::new();
    ZlibDecoder::new(&packed[..]).read_to_string(&mut unpacked)?;
    assert_eq!(unpacked, text);
    println!("{} {} {:x} {:x}", text.len(), packed.len(), Sha256::digest(text), Sha256::digest(&packed));
    Ok(())
}

fn run() -> Result<(), Failure> {
    let mut input = String::new();
    stdin().read_to_string(&mut input)?;
    let (line, text) = input.split_once('\n').unwrap_or((&input, ""));
    let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "find" => find(argument, text),
        "replace" => replace(argument, text),
        "json" => json(argument, text),
        "table" => table(text),
        "pack" => pack(text),
        _ => panic!("no command"),
    }
}

fn main() -> ExitCode {
    let Err(failure) = run() else { return ExitCode::SUCCESS };
    eprintln!("{failure}");
    ExitCode::from(3)
}
