//! How much of the scans can be decoded: the entropy coding of ITU-T T.81 (F.2 and G.2), followed without keeping the
//! coefficients.
//!
//! libjpeg says *that* it met an error, and only some kinds; it goes on with what it takes for data. This says *where*
//! the first one is. It is slower than libjpeg, and runs only after one of its warnings.

use crate::bits::{Bits, Code, Stop};
use crate::frame::{Frame, Scan, ScanComponent};
use crate::markers::{DHT, DRI, SOS, Segments};

/// The share of the units of a scan that must be decoded, in percent.
const WHOLE: u64 = 99;

/// Whether in each scan at least 99 % of the units come before the first error. `is_closed` says whether an end marker
/// follows the last scan.
///
/// # Errors
/// What is wrong with the first scan of which this is not true.
pub fn check(frame: &Frame, bytes: &[u8], is_closed: bool) -> Result<(), String> {
    let mut state = State::new(frame);
    let mut scans = 0;
    for segment in Segments::new(bytes) {
        match segment.marker {
            DHT => state.define(segment.content),
            DRI => state.interval = interval(segment.content),
            SOS => {
                let scan = Scan::read(frame, segment).ok_or("a scan without a header")?;
                scans += 1;
                state
                    .check_scan(&scan, segment.coded, is_closed || segment.end < bytes.len())
                    .map_err(|how| format!("scan {scans}: {how}"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The number of units between restarts; 0 for none.
fn interval(content: &[u8]) -> u16 {
    content
        .first_chunk()
        .map_or(0, |&bytes| u16::from_be_bytes(bytes))
}

/// What is known between scans.
struct State<'a> {
    frame: &'a Frame,
    dc_codes: [Option<Code>; 4],
    ac_codes: [Option<Code>; 4],
    interval: u16,
    /// For each component of a progressive frame, the coefficients of each block that are not zero, a bit each.
    nonzero: Vec<Vec<u64>>,
}

/// What is known within a scan.
struct Run<'a> {
    bits: Bits<'a>,
    /// The bits from the start of the block that is followed.
    start: Bits<'a>,
    /// The number of blocks to come whose band is at its end.
    ended_bands: u32,
}

impl<'a> State<'a> {
    fn new(frame: &'a Frame) -> Self {
        let blocks = |place: usize| {
            let (across, down) = frame.units(&[place]);
            vec![
                0;
                if frame.progressive {
                    (across * down) as usize
                } else {
                    0
                }
            ]
        };
        Self {
            frame,
            dc_codes: Default::default(),
            ac_codes: Default::default(),
            interval: 0,
            nonzero: (0..frame.components.len()).map(blocks).collect(),
        }
    }

    /// Takes over the tables of a segment (T.81, B.2.4.2), as far as they make sense.
    fn define(&mut self, mut content: &[u8]) {
        while let Some((&[kind, ref counts @ ..], rest)) = content.split_first_chunk::<17>() {
            let length = counts.iter().map(|&count| usize::from(count)).sum::<usize>();
            let (Some(values), place) = (rest.get(..length), usize::from(kind & 15)) else {
                return;
            };
            let codes = if kind < 16 {
                &mut self.dc_codes
            } else {
                &mut self.ac_codes
            };
            if let Some(code) = codes.get_mut(place) {
                *code = Some(Code::new(counts, values));
            }
            content = &rest[length..];
        }
    }

    fn check_scan(&mut self, scan: &Scan, coded: &[u8], is_closed: bool) -> Result<(), String> {
        let places: Vec<_> = scan.components.iter().map(|component| component.place).collect();
        let (across, down) = self.frame.units(&places);
        let all = u64::from(across) * u64::from(down);
        let bits = Bits::new(coded);
        let mut run = Run {
            bits,
            start: bits,
            ended_bands: 0,
        };
        match self.follow(scan, all, &mut run) {
            Err((done, stop)) if done * 100 < all * WHOLE => {
                Err(format!("{stop} after {done} of {all} units"))
            }
            // A code word that was misread, far in front, can shift all that follow, and the end with them: then either
            // blocks are missing although the encoder ended the data, or blocks are left over. Without a marker behind
            // the scan, what is left over may be what a camera wrote there.
            Err((done, Stop::End)) if run.start.is_padding() => {
                Err(format!("the data have an end after {done} of {all} units"))
            }
            Ok(()) if is_closed && !run.bits.is_at_end() && self.goes_on(scan, &mut run) => {
                Err(format!("blocks are left over after {all} units"))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether what is left over behind the last unit belongs to the scan, and is not foreign: an encoder's end is not
    /// here, or is behind further blocks.
    fn goes_on(&mut self, scan: &Scan, run: &mut Run<'_>) -> bool {
        if !run.bits.is_padded() {
            return true;
        }
        // In this kind of scan, any bit is a block.
        if scan.first == 0 && scan.refines {
            return false;
        }
        let nonzero = self.nonzero.clone();
        let stop = loop {
            if let Err(stop) = self.unit(scan, 0, run) {
                break stop;
            }
        };
        self.nonzero = nonzero;
        stop == Stop::End && run.start.is_padding()
    }

    /// Follows a scan through `all` of its units; the number of good ones if it cannot.
    fn follow(&mut self, scan: &Scan, all: u64, run: &mut Run<'_>) -> Result<(), (u64, Stop)> {
        for unit in 0..all {
            if self.interval > 0 && unit > 0 && unit.is_multiple_of(self.interval.into()) {
                run.bits.restart().map_err(|stop| (unit, stop))?;
                run.ended_bands = 0;
            }
            self.unit(scan, unit as usize, run).map_err(|stop| (unit, stop))?;
        }
        Ok(())
    }

    fn unit(&mut self, scan: &Scan, unit: usize, run: &mut Run<'_>) -> Result<(), Stop> {
        for component in &scan.components {
            let sampled = self.frame.components[component.place];
            let blocks = if scan.components.len() == 1 {
                1
            } else {
                sampled.h * sampled.v
            };
            for _ in 0..blocks {
                run.start = run.bits;
                self.block(scan, *component, unit, run)?;
            }
        }
        Ok(())
    }

    fn block(
        &mut self,
        scan: &Scan,
        component: ScanComponent,
        unit: usize,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        let ac = &self.ac_codes[component.ac_table];
        let dc = &self.dc_codes[component.dc_table];
        match (self.frame.progressive, scan.first, scan.refines) {
            (false, ..) => {
                first_coefficient(dc.as_ref(), &mut run.bits)?;
                all_coefficients(ac.as_ref(), &mut run.bits)
            }
            (true, 0, false) => first_coefficient(dc.as_ref(), &mut run.bits),
            (true, 0, true) => run.bits.skip(1),
            (true, _, refines) => {
                let code = ac.as_ref().ok_or(Stop::NoTable)?;
                let nonzero = &mut self.nonzero[component.place][unit];
                let mut band = Band {
                    code,
                    first: scan.first,
                    last: scan.last,
                    nonzero,
                };
                if refines {
                    band.refine(run)
                } else {
                    band.begin(run)
                }
            }
        }
    }
}

/// The difference of the coefficient that is the block's mean (F.2.2.1).
fn first_coefficient(code: Option<&Code>, bits: &mut Bits<'_>) -> Result<(), Stop> {
    let length = bits.value(code.ok_or(Stop::NoTable)?)?;
    if length > 15 {
        return Err(Stop::BadCode);
    }
    bits.skip(length.into())
}

/// The other coefficients of a sequential block (F.2.2.2).
fn all_coefficients(code: Option<&Code>, bits: &mut Bits<'_>) -> Result<(), Stop> {
    let code = code.ok_or(Stop::NoTable)?;
    let mut place = 1;
    while place < 64 {
        let value = bits.value(code)?;
        let (zeros, length) = (value >> 4, value & 15);
        match (zeros, length) {
            (15, 0) => place += 16,
            (_, 0) => return Ok(()),
            _ => {
                place += zeros + 1;
                bits.skip(length.into())?;
            }
        }
        if place > 64 {
            return Err(Stop::OutOfBlock);
        }
    }
    Ok(())
}

/// A band of coefficients of one block of a progressive frame.
struct Band<'a> {
    code: &'a Code,
    first: u8,
    last: u8,
    nonzero: &'a mut u64,
}

impl Band<'_> {
    /// The first scan of the band (G.1.2.2).
    fn begin(&mut self, run: &mut Run<'_>) -> Result<(), Stop> {
        if run.ended_bands > 0 {
            run.ended_bands -= 1;
            return Ok(());
        }
        let mut place = self.first;
        while place <= self.last {
            let value = run.bits.value(self.code)?;
            let (zeros, length) = (value >> 4, value & 15);
            match (zeros, length) {
                (15, 0) => place += 16,
                (_, 0) => {
                    run.ended_bands = (1 << zeros) - 1 + run.bits.take(zeros.into())?;
                    return Ok(());
                }
                _ => {
                    place += zeros;
                    if place > self.last {
                        return Err(Stop::OutOfBlock);
                    }
                    *self.nonzero |= 1 << place;
                    place += 1;
                    run.bits.skip(length.into())?;
                }
            }
        }
        Ok(())
    }

    /// A later scan of the band, which adds a bit to each coefficient (G.1.2.3).
    fn refine(&mut self, run: &mut Run<'_>) -> Result<(), Stop> {
        let mut place = self.first;
        while run.ended_bands == 0 && place <= self.last {
            let value = run.bits.value(self.code)?;
            let (zeros, length) = (value >> 4, value & 15);
            match (zeros, length) {
                (0..15, 0) => run.ended_bands = (1 << zeros) + run.bits.take(zeros.into())?,
                (_, 0 | 1) => {
                    run.bits.skip(length.into())?;
                    place = self.pass(place, zeros, &mut run.bits)?;
                    if length == 1 {
                        if place > self.last {
                            return Err(Stop::OutOfBlock);
                        }
                        *self.nonzero |= 1 << place;
                    }
                    place += 1;
                }
                _ => return Err(Stop::BadCode),
            }
        }
        if run.ended_bands > 0 {
            run.ended_bands -= 1;
            self.pass(place, 64, &mut run.bits)?;
        }
        Ok(())
    }

    /// Reads the bits of the coefficients from `place` that are not zero, until one is zero after `zeros` such ones.
    fn pass(&self, mut place: u8, mut zeros: u8, bits: &mut Bits<'_>) -> Result<u8, Stop> {
        while place <= self.last {
            if *self.nonzero >> place & 1 == 1 {
                bits.skip(1)?;
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            place += 1;
        }
        Ok(place)
    }
}
