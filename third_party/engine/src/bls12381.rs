//! BLS12-381 as NEAR's host functions have it (NEP-488).
//!
//! Field elements are 48 bytes, big-endian, and reduced; an element of the extension is c1 ‖ c0. Points are x ‖ y with the flag for
//! infinity (0x40) in the first byte, scalars 32 bytes, little-endian, of any value. E1 is the curve of G1, E2 the twist of G2.
use crate::ffi;
use blst::*;
use std::ptr;

const FIELD: usize = 48;
const SCALAR: usize = 32;

/// An encoding with this bit in its first byte is compressed.
const COMPRESSED: u8 = 0x80;

/// What the host functions answer; the C side knows the same numbers.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bls12381Status {
    Ok = 0,
    /// A malformed point, sign or field element, or a number of bytes that is not a whole number of items.
    Invalid = 1,
    /// The pairings' product is not one.
    NotOne = 2,
}

/// One of the two curves, over blst's functions for it.
trait Curve {
    type Affine: Default;
    type Point: Default + Copy;
    /// Bytes of a coordinate; a compressed point has as many, an uncompressed one twice as many.
    const COORDINATE: usize;
    const POINT: usize = 2 * Self::COORDINATE;

    fn deserialize(bytes: &[u8]) -> Option<Self::Affine>;
    fn uncompress(bytes: &[u8]) -> Option<Self::Affine>;
    fn serialize(point: &Self::Affine, out: &mut [u8]);
    fn to_affine(point: &Self::Point) -> Self::Affine;
    fn from_affine(point: &Self::Affine) -> Self::Point;
    fn negate(point: &mut Self::Point);
    fn add(a: &Self::Point, b: &Self::Point) -> Self::Point;
    fn multiply(point: &Self::Point, scalar: &[u8; SCALAR]) -> Self::Point;
    fn in_group(point: &Self::Point) -> bool;
    /// Maps a coordinate to the subgroup; None when it is not reduced.
    fn map(coordinate: &[u8]) -> Option<Self::Point>;
}

struct E1;
struct E2;

/// Reads a field element that is below the modulus.
fn read_fp(bytes: &[u8]) -> Option<blst_fp> {
    let (mut element, mut again) = (blst_fp::default(), [0; FIELD]);
    expect_len(bytes, FIELD)?;
    // SAFETY: both sides are 48 bytes.
    unsafe {
        blst_fp_from_bendian(&mut element, bytes.as_ptr());
        blst_bendian_from_fp(again.as_mut_ptr(), &element);
    }
    (again == bytes).then_some(element)
}

fn read_fp2(bytes: &[u8]) -> Option<blst_fp2> {
    expect_len(bytes, 2 * FIELD)?;
    let (c1, c0) = bytes.split_at(FIELD);
    Some(blst_fp2 {
        fp: [read_fp(c0)?, read_fp(c1)?],
    })
}

/// blst reads as many bytes as it expects: nothing shorter may reach it.
fn expect_len(bytes: &[u8], len: usize) -> Option<()> {
    (bytes.len() == len).then_some(())
}

macro_rules! curve {
    ($name:ident, $affine:ident, $point:ident, $coordinate:expr, $deserialize:ident, $uncompress:ident, $serialize:ident,
     $to_affine:ident, $from_affine:ident, $negate:ident, $add:ident, $multiply:ident, $in_group:ident, $read:ident, $map:ident) => {
        impl Curve for $name {
            type Affine = $affine;
            type Point = $point;
            const COORDINATE: usize = $coordinate;

            fn deserialize(bytes: &[u8]) -> Option<$affine> {
                expect_len(bytes, Self::POINT)?;
                let mut point = $affine::default();
                // SAFETY: the input has the length of a point, of which no more is read without the compression flag.
                let status = (bytes[0] & COMPRESSED == 0)
                    .then(|| unsafe { $deserialize(&mut point, bytes.as_ptr()) });
                (status == Some(BLST_ERROR::BLST_SUCCESS)).then_some(point)
            }

            fn uncompress(bytes: &[u8]) -> Option<$affine> {
                expect_len(bytes, Self::COORDINATE)?;
                let mut point = $affine::default();
                // SAFETY: the input has the length of a compressed point.
                let status = (bytes[0] & COMPRESSED != 0)
                    .then(|| unsafe { $uncompress(&mut point, bytes.as_ptr()) });
                (status == Some(BLST_ERROR::BLST_SUCCESS)).then_some(point)
            }

            fn serialize(point: &$affine, out: &mut [u8]) {
                let mut bytes = [0; 2 * $coordinate];
                // SAFETY: the output has the length of a point.
                unsafe { $serialize(bytes.as_mut_ptr(), point) };
                out.copy_from_slice(&bytes);
            }

            fn to_affine(point: &$point) -> $affine {
                let mut out = $affine::default();
                // SAFETY: both are of blst's own types.
                unsafe { $to_affine(&mut out, point) };
                out
            }

            fn from_affine(point: &$affine) -> $point {
                let mut out = $point::default();
                // SAFETY: both are of blst's own types.
                unsafe { $from_affine(&mut out, point) };
                out
            }

            fn negate(point: &mut $point) {
                // SAFETY: it is of blst's own type.
                unsafe { $negate(point, true) };
            }

            fn add(a: &$point, b: &$point) -> $point {
                let mut out = $point::default();
                // SAFETY: all are of blst's own types.
                unsafe { $add(&mut out, a, b) };
                out
            }

            fn multiply(point: &$point, scalar: &[u8; SCALAR]) -> $point {
                let mut out = $point::default();
                // SAFETY: the scalar has as many bits as are said.
                unsafe { $multiply(&mut out, point, scalar.as_ptr(), 8 * SCALAR) };
                out
            }

            fn in_group(point: &$point) -> bool {
                // SAFETY: it is of blst's own type.
                unsafe { $in_group(point) }
            }

            fn map(coordinate: &[u8]) -> Option<$point> {
                let element = $read(coordinate)?;
                let mut out = $point::default();
                // SAFETY: without a second element blst takes a null pointer.
                unsafe { $map(&mut out, &element, ptr::null()) };
                Some(out)
            }
        }
    };
}

curve!(
    E1,
    blst_p1_affine,
    blst_p1,
    FIELD,
    blst_p1_deserialize,
    blst_p1_uncompress,
    blst_p1_affine_serialize,
    blst_p1_to_affine,
    blst_p1_from_affine,
    blst_p1_cneg,
    blst_p1_add_or_double,
    blst_p1_mult,
    blst_p1_in_g1,
    read_fp,
    blst_map_to_g1
);
curve!(
    E2,
    blst_p2_affine,
    blst_p2,
    2 * FIELD,
    blst_p2_deserialize,
    blst_p2_uncompress,
    blst_p2_affine_serialize,
    blst_p2_to_affine,
    blst_p2_from_affine,
    blst_p2_cneg,
    blst_p2_add_or_double,
    blst_p2_mult,
    blst_p2_in_g2,
    read_fp2,
    blst_map_to_g2
);

/// The items, when the input is a whole number of them.
fn items(input: &[u8], len: usize) -> Option<std::slice::ChunksExact<'_, u8>> {
    (input.len() % len == 0).then(|| input.chunks_exact(len))
}

/// Adds signed points of the curve, in the subgroup or not.
fn sum<C: Curve>(input: &[u8]) -> Option<C::Point> {
    items(input, 1 + C::POINT)?.try_fold(C::Point::default(), |sum, item| {
        let mut point = C::from_affine(&C::deserialize(&item[1..])?);
        match item[0] {
            0 => {}
            1 => C::negate(&mut point),
            _ => return None,
        }
        Some(C::add(&sum, &point))
    })
}

/// Adds multiples of points of the subgroup.
fn multiexp<C: Curve>(input: &[u8]) -> Option<C::Point> {
    items(input, C::POINT + SCALAR)?.try_fold(C::Point::default(), |sum, item| {
        let (point, scalar) = item.split_at(C::POINT);
        let point = Some(C::from_affine(&C::deserialize(point)?)).filter(C::in_group)?;
        Some(C::add(&sum, &C::multiply(&point, scalar.try_into().ok()?)))
    })
}

/// Turns each coordinate-sized item into a point behind the ones before.
fn convert<C: Curve>(
    input: &[u8],
    out: &mut [u8],
    one: impl Fn(&[u8]) -> Option<C::Affine>,
) -> Option<()> {
    for (item, place) in items(input, C::COORDINATE)?.zip(out.chunks_exact_mut(C::POINT)) {
        C::serialize(&one(item)?, place);
    }
    Some(())
}

/// Whether the pairings' product is one.
fn pairing_check(input: &[u8]) -> Option<bool> {
    let product =
        items(input, E1::POINT + E2::POINT)?.try_fold(blst_fp12::default(), |product, item| {
            let (p, q) = item.split_at(E1::POINT);
            let p = E1::deserialize(p).filter(|p| E1::in_group(&E1::from_affine(p)))?;
            let q = E2::deserialize(q).filter(|q| E2::in_group(&E2::from_affine(q)))?;
            Some(product * blst_fp12::miller_loop(&q, &p))
        })?;
    // SAFETY: it is of blst's own type.
    Some(unsafe { blst_fp12_is_one(&product.final_exp()) })
}

fn status<T>(result: Option<T>) -> Bls12381Status {
    result.map_or(Bls12381Status::Invalid, |_| Bls12381Status::Ok)
}

/// Writes one point; nothing when there is none.
fn write_point<C: Curve>(point: Option<C::Point>, out: &mut [u8]) -> Bls12381Status {
    status(point.map(|p| C::serialize(&C::to_affine(&p), out)))
}

/// Functions that make one point from all items.
macro_rules! one_point {
    ($(#[$doc:meta])* $name:ident, $curve:ident, $compute:ident) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// `input` is readable for `len` bytes, `out` is writable for one point.
        #[no_mangle]
        pub unsafe extern "C" fn $name(input: *const u8, len: usize, out: *mut u8) -> Bls12381Status {
            // SAFETY: as this function's own.
            let (input, out) = unsafe { (ffi::input(input, len), ffi::output(out, $curve::POINT)) };
            write_point::<$curve>($compute::<$curve>(input), out)
        }
    };
}

/// Functions that make one point from each item.
macro_rules! each_point {
    ($(#[$doc:meta])* $name:ident, $curve:ident, $one:expr) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// `input` is readable for `len` bytes, `out` is writable for twice as many.
        #[no_mangle]
        pub unsafe extern "C" fn $name(input: *const u8, len: usize, out: *mut u8) -> Bls12381Status {
            // SAFETY: as this function's own.
            let (input, out) = unsafe { (ffi::input(input, len), ffi::output(out, 2 * len)) };
            status(convert::<$curve>(input, out, $one))
        }
    };
}

one_point!(
    /// Adds signed E1 points: items of sign (0 plus, 1 minus) ‖ point, 97 bytes.
    outlayer_bls12381_p1_sum, E1, sum
);
one_point!(
    /// Adds signed E2 points: items of sign ‖ point, 193 bytes.
    outlayer_bls12381_p2_sum, E2, sum
);
one_point!(
    /// Adds multiples of G1 points: items of point ‖ scalar, 128 bytes.
    outlayer_bls12381_g1_multiexp, E1, multiexp
);
one_point!(
    /// Adds multiples of G2 points: items of point ‖ scalar, 224 bytes.
    outlayer_bls12381_g2_multiexp, E2, multiexp
);
each_point!(
    /// Decompresses E1 points of 48 bytes that lie in G1.
    outlayer_bls12381_p1_decompress, E1, E1::uncompress
);
each_point!(
    /// Decompresses E2 points of 96 bytes that lie in G2.
    outlayer_bls12381_p2_decompress, E2, E2::uncompress
);
each_point!(
    /// Maps field elements of 48 bytes to G1.
    outlayer_bls12381_map_fp_to_g1, E1, |item: &[u8]| E1::map(item).map(|p| E1::to_affine(&p))
);
each_point!(
    /// Maps elements of the extension, 96 bytes, to G2.
    outlayer_bls12381_map_fp2_to_g2, E2, |item: &[u8]| E2::map(item).map(|p| E2::to_affine(&p))
);

/// Whether the product of the pairings of G1 ‖ G2 items, 288 bytes each, is one.
///
/// # Safety
/// `input` is readable for `len` bytes.
#[no_mangle]
pub unsafe extern "C" fn outlayer_bls12381_pairing_check(
    input: *const u8,
    len: usize,
) -> Bls12381Status {
    // SAFETY: as this function's own.
    match pairing_check(unsafe { ffi::input(input, len) }) {
        Some(true) => Bls12381Status::Ok,
        Some(false) => Bls12381Status::NotOne,
        None => Bls12381Status::Invalid,
    }
}
