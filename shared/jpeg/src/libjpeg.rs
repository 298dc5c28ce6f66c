//! libjpeg, called in such a way that no file makes it misbehave.
//!
//! Everything that libjpeg keeps a pointer to (its own state, the error handler, the source of bytes) lies in one
//! [`Session`], at one address from creation until it is destroyed. Fatal errors leave C by unwinding, for which
//! `mozjpeg-sys` compiles it.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_long};
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;

use mozjpeg_sys::{
    J_COLOR_SPACE, JPEG_LIB_VERSION, boolean, jpeg_CreateDecompress, jpeg_common_struct,
    jpeg_decompress_struct, jpeg_destroy_decompress, jpeg_error_mgr, jpeg_finish_decompress,
    jpeg_read_header, jpeg_read_scanlines, jpeg_resync_to_restart, jpeg_source_mgr, jpeg_start_decompress,
    jpeg_std_error,
};

use crate::{Channels, Error, Picture};

/// The rows that are asked for at once. libjpeg gives at most a few.
const ROWS: usize = 16;

/// The bytes that are given to libjpeg at once. Where fewer than 512 for each block of a unit are left, it decodes with
/// care and notes bits that are no code word; elsewhere it takes them for zero (jdhuff.c). Care costs a few percent.
const CHUNK: usize = 500;

/// An end-of-image marker, which follows every file.
static END: [u8; 2] = [0xff, 0xd9];

/// Decodes the file at `eighths` of its size. Also says whether libjpeg warned of bad data.
///
/// # Errors
/// [`Error::Damaged`] with libjpeg's message where it cannot go on.
pub fn decode(bytes: &[u8], eighths: u32) -> Result<(Picture, bool), Error> {
    let run = || Session::new(bytes).decode(eighths);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| match panic.downcast::<Fatal>() {
        Ok(fatal) => Err(Error::Damaged(fatal.0)),
        Err(other) => resume_unwind(other),
    })
}

/// What a fatal error unwinds with: its message.
struct Fatal(String);

/// The error handler. libjpeg knows a pointer to its first field.
#[repr(C)]
struct Handler {
    manager: jpeg_error_mgr,
    warned: bool,
}

/// The source of bytes. libjpeg knows a pointer to its first field.
#[repr(C)]
struct Source {
    manager: jpeg_source_mgr,
    /// The bytes after those that libjpeg has.
    rest: *const u8,
    left: usize,
}

/// A decoder at work on a file. The state is owned by a plain pointer, because libjpeg has pointers into it too.
struct Session<'a> {
    state: *mut State,
    file: PhantomData<&'a [u8]>,
}

/// Everything that libjpeg keeps a pointer to.
struct State {
    decoder: jpeg_decompress_struct,
    handler: Handler,
    source: Source,
}

impl<'a> Session<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        // SAFETY: These are structures of C, made of numbers, pointers that may be null, functions that may be missing,
        // and enumerations with a value 0.
        let mut state: Box<State> = unsafe { Box::new(mem::zeroed()) };
        state.source = Source {
            manager: jpeg_source_mgr {
                next_input_byte: ptr::null(),
                bytes_in_buffer: 0,
                init_source: Some(ignore),
                fill_input_buffer: Some(fill),
                skip_input_data: Some(skip),
                resync_to_restart: Some(jpeg_resync_to_restart),
                term_source: Some(ignore),
            },
            rest: bytes.as_ptr(),
            left: bytes.len(),
        };
        let session = Self {
            state: Box::into_raw(state),
            file: PhantomData,
        };
        let state = session.state;
        // SAFETY: `state` is valid until the session is dropped. The handler is in place before libjpeg can fail.
        unsafe {
            jpeg_std_error(&mut (*state).handler.manager);
            (*state).handler.manager.error_exit = Some(fail);
            (*state).handler.manager.emit_message = Some(warn);
            (*state).decoder.common.err = (&raw mut (*state).handler).cast();
            jpeg_CreateDecompress(
                &raw mut (*state).decoder,
                JPEG_LIB_VERSION,
                mem::size_of::<jpeg_decompress_struct>(),
            );
            (*state).decoder.src = (&raw mut (*state).source).cast();
        }
        session
    }

    fn decode(self, eighths: u32) -> Result<(Picture, bool), Error> {
        // SAFETY: The state is valid, and only libjpeg, within a call, uses it too.
        let decoder = unsafe { &mut (*self.state).decoder };
        // SAFETY: The session is whole, and the functions are called in the order of libjpeg.txt.
        unsafe { jpeg_read_header(decoder, 1) };
        let (space, channels) = match decoder.num_components {
            1 => (J_COLOR_SPACE::JCS_GRAYSCALE, Channels::Gray),
            3 => (J_COLOR_SPACE::JCS_RGB, Channels::Rgb),
            4 => (J_COLOR_SPACE::JCS_CMYK, Channels::InvertedCmyk),
            _ => return Err(Error::Unsupported("a JPEG of an uncommon kind")),
        };
        decoder.out_color_space = space;
        decoder.scale_num = eighths;
        decoder.scale_denom = 8;
        // SAFETY: As above.
        unsafe { jpeg_start_decompress(decoder) };
        let row = decoder.output_width as usize * decoder.output_components as usize;
        let mut data = vec![0; row * decoder.output_height as usize];
        let mut rest = data.as_mut_slice();
        while !rest.is_empty() {
            let mut rows: [*mut u8; ROWS] = [ptr::null_mut(); ROWS];
            let mut count = 0;
            for (pointer, line) in rows.iter_mut().zip(rest.chunks_exact_mut(row)) {
                *pointer = line.as_mut_ptr();
                count += 1;
            }
            // SAFETY: `rows` has `count` pointers to `row` bytes each, which are nowhere else in use.
            let read = unsafe { jpeg_read_scanlines(decoder, rows.as_mut_ptr(), count) };
            if read == 0 {
                return Err(Error::damaged("no rows"));
            }
            rest = &mut rest[row * read as usize..];
        }
        // SAFETY: All rows were read.
        unsafe { jpeg_finish_decompress(decoder) };
        let picture = Picture {
            width: decoder.output_width,
            height: decoder.output_height,
            channels,
            data,
        };
        // SAFETY: The state is valid.
        Ok((picture, unsafe { (*self.state).handler.warned }))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: The state came from a box, and nobody uses it any more. A decoder that could not be created is zeroed,
        // and then destroying it does nothing (jcomapi.c).
        unsafe {
            jpeg_destroy_decompress(&mut (*self.state).decoder);
            drop(Box::from_raw(self.state));
        }
    }
}

extern "C-unwind" fn ignore(_: &mut jpeg_decompress_struct) {}

/// The next chunk of the file, and at its end an end marker.
extern "C-unwind" fn fill(decoder: &mut jpeg_decompress_struct) -> boolean {
    // SAFETY: `src` is the source of the session, of which it is the first field.
    let source = unsafe { &mut *decoder.src.cast::<Source>() };
    let count = source.left.min(CHUNK);
    if count == 0 {
        source.manager.next_input_byte = END.as_ptr();
        source.manager.bytes_in_buffer = END.len();
        return 1;
    }
    source.manager.next_input_byte = source.rest;
    source.manager.bytes_in_buffer = count;
    // SAFETY: `left` bytes of the file, which outlives the session, are at `rest`.
    source.rest = unsafe { source.rest.add(count) };
    source.left -= count;
    1
}

extern "C-unwind" fn skip(decoder: &mut jpeg_decompress_struct, count: c_long) {
    let mut count = usize::try_from(count).unwrap_or(0);
    loop {
        // SAFETY: `src` is the source of the session.
        let source = unsafe { &mut *decoder.src };
        if count < source.bytes_in_buffer {
            source.bytes_in_buffer -= count;
            // SAFETY: So many bytes are in the buffer.
            source.next_input_byte = unsafe { source.next_input_byte.add(count) };
            return;
        }
        count -= source.bytes_in_buffer;
        fill(decoder);
    }
}

/// Notes a warning (level -1). The other levels are for tracing.
extern "C-unwind" fn warn(common: &mut jpeg_common_struct, level: c_int) {
    if level < 0 {
        // SAFETY: `err` is the handler of the session, of which it is the first field.
        unsafe { (*common.err.cast::<Handler>()).warned = true };
    }
}

/// Leaves libjpeg.
extern "C-unwind" fn fail(common: &mut jpeg_common_struct) {
    // SAFETY: `err` is the handler of the session; `jpeg_std_error` has set its table of static texts.
    let message = unsafe {
        let manager = &*common.err;
        let place = usize::try_from(manager.msg_code).unwrap_or(0);
        CStr::from_ptr((*manager.jpeg_message_table.add(place)).cast())
    };
    resume_unwind(Box::new(Fatal(message.to_string_lossy().into_owned())));
}
