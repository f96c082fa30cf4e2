//! alt_bn128 (BN254): sums, multi-exponentiation and the pairing check of EIP-196 and EIP-197, in NEAR's encoding.
//!
//! Field elements and scalars are 32 bytes, little-endian, and reduced. A G1 point is x ‖ y, a G2 point x.c0 ‖ x.c1 ‖ y.c0 ‖ y.c1;
//! all zeros is the point at infinity.
use crate::ffi;
use bn::arith::U256;
use bn::{pairing_batch, AffineG1, AffineG2, Fq, Fq2, Fr, Group, Gt, G1, G2};
use std::ops::Range;
use zeropool_bn as bn;

const FIELD: usize = 32;
const G1_LEN: usize = 2 * FIELD;
const G2_LEN: usize = 4 * FIELD;
const SUM_ITEM: usize = 1 + G1_LEN;
const MULTIEXP_ITEM: usize = G1_LEN + FIELD;
const PAIRING_ITEM: usize = G1_LEN + G2_LEN;

/// What was wrong with the input; the C side knows the same numbers.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bn128Status {
    Ok = 0,
    /// Not a whole number of items.
    Length = 1,
    /// A sign that is neither 0 nor 1.
    Bool = 2,
    /// A coordinate that is not below the field's modulus.
    Fq = 3,
    /// A scalar that is not below the group's order.
    Fr = 4,
    /// A G1 point that is not on the curve.
    G1 = 5,
    /// A G2 point that is not on the twist or not in its subgroup.
    G2 = 6,
}

/// A fault and the bytes that it is about.
struct Fault(Bn128Status, Range<usize>);

/// Takes fields from the front of one item and knows where they stood in the input.
struct Reader<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> ([u8; N], Range<usize>) {
        let range = self.at..self.at + N;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.input[range.clone()]);
        self.at = range.end;
        (bytes, range)
    }

    fn sign(&mut self) -> Result<bool, Fault> {
        match self.take() {
            ([0], _) => Ok(false),
            ([1], _) => Ok(true),
            (_, range) => Err(Fault(Bn128Status::Bool, range)),
        }
    }

    fn fq(&mut self) -> Result<Fq, Fault> {
        let (bytes, range) = self.take();
        Fq::from_u256(u256(bytes)).map_err(|_| Fault(Bn128Status::Fq, range))
    }

    fn fq2(&mut self) -> Result<Fq2, Fault> {
        let real = self.fq()?;
        Ok(Fq2::new(real, self.fq()?))
    }

    fn fr(&mut self) -> Result<Fr, Fault> {
        let (bytes, range) = self.take();
        Fr::new(u256(bytes)).ok_or(Fault(Bn128Status::Fr, range))
    }

    fn g1(&mut self) -> Result<G1, Fault> {
        let start = self.at;
        let (x, y) = (self.fq()?, self.fq()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G1::zero());
        }
        let point = AffineG1::new(x, y).map_err(|_| Fault(Bn128Status::G1, start..self.at))?;
        Ok(point.into())
    }

    fn g2(&mut self) -> Result<G2, Fault> {
        let start = self.at;
        let (x, y) = (self.fq2()?, self.fq2()?);
        if x.is_zero() && y.is_zero() {
            return Ok(G2::zero());
        }
        let point = AffineG2::new(x, y).map_err(|_| Fault(Bn128Status::G2, start..self.at))?;
        Ok(point.into())
    }
}

fn u256(bytes: [u8; FIELD]) -> U256 {
    let half = |i: usize| {
        (0..16)
            .rev()
            .fold(0u128, |n, j| n << 8 | u128::from(bytes[16 * i + j]))
    };
    U256([half(0), half(1)])
}

/// Reads all items; the first fault ends it.
fn read_items<T>(
    input: &[u8],
    item_len: usize,
    mut read: impl FnMut(&mut Reader) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    if input.len() % item_len != 0 {
        return Err(Fault(Bn128Status::Length, 0..input.len()));
    }
    let mut reader = Reader { input, at: 0 };
    (0..input.len() / item_len)
        .map(|_| read(&mut reader))
        .collect()
}

fn encode(point: G1) -> [u8; G1_LEN] {
    let mut out = [0; G1_LEN];
    if let Some(p) = AffineG1::from_jacobian(point) {
        for (coordinate, field) in [p.x(), p.y()].into_iter().zip(out.chunks_exact_mut(FIELD)) {
            let U256([low, high]) = coordinate.into_u256();
            field[..16].copy_from_slice(&low.to_le_bytes());
            field[16..].copy_from_slice(&high.to_le_bytes());
        }
    }
    out
}

fn g1_sum(input: &[u8]) -> Result<[u8; G1_LEN], Fault> {
    let items = read_items(input, SUM_ITEM, |r| Ok((r.sign()?, r.g1()?)))?;
    let add = |sum, (negative, point)| if negative { sum - point } else { sum + point };
    Ok(encode(items.into_iter().fold(G1::zero(), add)))
}

fn g1_multiexp(input: &[u8]) -> Result<[u8; G1_LEN], Fault> {
    let items = read_items(input, MULTIEXP_ITEM, |r| Ok((r.g1()?, r.fr()?)))?;
    Ok(encode(G1::multiexp(&items)))
}

fn pairing_check(input: &[u8]) -> Result<bool, Fault> {
    let items = read_items(input, PAIRING_ITEM, |r| Ok((r.g1()?, r.g2()?)))?;
    Ok(pairing_batch(&items) == Gt::one())
}

/// Hands a result to C: the value through `write`, or the place of the fault.
///
/// # Safety
/// `fault_at` and `fault_len` are writable.
unsafe fn report<T>(
    result: Result<T, Fault>,
    fault_at: *mut usize,
    fault_len: *mut usize,
    write: impl FnOnce(T),
) -> Bn128Status {
    match result {
        Ok(value) => {
            write(value);
            Bn128Status::Ok
        }
        Err(Fault(status, range)) => {
            // SAFETY: as this function's own.
            unsafe {
                *fault_at = range.start;
                *fault_len = range.len();
            }
            status
        }
    }
}

/// Adds signed G1 points: items of sign (0 plus, 1 minus) ‖ point.
///
/// # Safety
/// `items` is readable for `len` bytes, `out` is writable for 64, the others are writable.
#[no_mangle]
pub unsafe extern "C" fn outlayer_bn128_g1_sum(
    items: *const u8,
    len: usize,
    out: *mut u8,
    fault_at: *mut usize,
    fault_len: *mut usize,
) -> Bn128Status {
    // SAFETY: as this function's own.
    unsafe {
        let (items, out) = (ffi::input(items, len), ffi::output(out, G1_LEN));
        report(g1_sum(items), fault_at, fault_len, |point| {
            out.copy_from_slice(&point)
        })
    }
}

/// Adds multiples of G1 points: items of point ‖ scalar.
///
/// # Safety
/// `items` is readable for `len` bytes, `out` is writable for 64, the others are writable.
#[no_mangle]
pub unsafe extern "C" fn outlayer_bn128_g1_multiexp(
    items: *const u8,
    len: usize,
    out: *mut u8,
    fault_at: *mut usize,
    fault_len: *mut usize,
) -> Bn128Status {
    // SAFETY: as this function's own.
    unsafe {
        let (items, out) = (ffi::input(items, len), ffi::output(out, G1_LEN));
        report(g1_multiexp(items), fault_at, fault_len, |point| {
            out.copy_from_slice(&point)
        })
    }
}

/// Whether the product of the pairings of G1 ‖ G2 items is one.
///
/// # Safety
/// `items` is readable for `len` bytes, the others are writable.
#[no_mangle]
pub unsafe extern "C" fn outlayer_bn128_pairing_check(
    items: *const u8,
    len: usize,
    is_one: *mut bool,
    fault_at: *mut usize,
    fault_len: *mut usize,
) -> Bn128Status {
    // SAFETY: as this function's own.
    unsafe {
        let items = ffi::input(items, len);
        report(pairing_check(items), fault_at, fault_len, |one| {
            *is_one = one
        })
    }
}
