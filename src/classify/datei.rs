//! A model as a file: magic and version, the parts, and a checksum over all. Little-endian.
//!
//! What can't be right is refused: another version, a byte that was changed, a place that does not
//! exist. Reading never panics and allocates no more than a small multiple of the file; writing
//! holds a few kilobytes of it at a time.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::{
    Error, Modell,
    merkmale::DIMENSIONS,
    stapel::{Stapel, Stufe},
    tafel::Tafel,
    teile::{Lage, Teile},
};

/// Changes with every change of features, tables or weights.
const MAGIC: &[u8; 16] = b"aktenlauf-mod 02";
/// Bytes and length of a checksum.
pub const SUM: usize = 32;
/// Bytes that are summed and passed on together.
const BUFFER: usize = 64 << 10;

/// Passes bytes on, and keeps the SHA-256 of what it has passed on.
#[derive(Debug)]
pub struct Summend<W> {
    to: W,
    sum: Sha256,
}

impl<W: Write> Summend<W> {
    /// To there.
    pub fn new(to: W) -> Self {
        Self { to, sum: Sha256::new() }
    }

    /// The sum of all that was written.
    pub fn summe(self) -> [u8; SUM] {
        self.sum.finalize().into()
    }
}

impl<W: Write> Write for Summend<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.sum.update(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Modell {
    /// Writes the file.
    ///
    /// # Errors
    /// As `to` says.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut summing = Summend::new(&mut *to);
        self.body(&mut summing)?;
        let sum = summing.summe();
        to.write_all(&sum)
    }

    fn body(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut out = Out { to, waiting: MAGIC.to_vec() };
        for names in [&self.keys, &self.group_keys] {
            out.count(names.len())?;
            for name in names {
                out.count(name.len())?;
                out.bytes(name.as_bytes())?;
            }
        }
        let known = self.rarity.iter().filter(|weight| **weight > 0.0).count();
        out.count(known)?;
        for (feature, weight) in (0_u32..).zip(&self.rarity).filter(|(_, weight)| **weight > 0.0) {
            out.u32(feature)?;
            out.u32(weight.to_bits())?;
        }
        let parts = &self.parts;
        for table in [&parts.linear, &parts.centroids, &parts.neighbours, &parts.plan] {
            out.list(&table.keys)?;
            out.list(&table.starts)?;
            out.list(&table.targets)?;
            out.shorts(&table.weights)?;
        }
        for list in [&parts.class, &parts.counts, &parts.place.above, &parts.place.groups] {
            out.list(list)?;
        }
        out.count(self.ids.len())?;
        for id in &self.ids {
            out.bytes(&id.to_le_bytes())?;
        }
        out.floats(&self.stack.views)?;
        for level in [&self.stack.leaf, &self.stack.group] {
            out.floats(&level.signs)?;
            out.floats(&level.trust)?;
            out.floats(&[level.threshold, level.rare])?;
        }
        out.pass_on()
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If it is of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if !bytes.starts_with(MAGIC) {
            return Err(Error::Foreign);
        }
        let end = bytes.len().checked_sub(SUM).filter(|end| *end >= MAGIC.len());
        let (body, sum) = bytes.split_at(end.ok_or(Error::Damaged)?);
        if Sha256::digest(body).as_slice() != sum {
            return Err(Error::Damaged);
        }
        let rest = body.get(MAGIC.len()..).ok_or(Error::Damaged)?;
        In(rest).model().filter(Self::is_sound).ok_or(Error::Damaged)
    }

    fn is_sound(&self) -> bool {
        let (classes, documents) = (self.keys.len(), self.ids.len());
        let parts = &self.parts;
        let within = |list: &[u32], bound: usize| {
            list.iter().all(|place| usize::try_from(*place).is_ok_and(|place| place < bound))
        };
        let by_class = [&parts.linear, &parts.centroids, &parts.plan];
        by_class.into_iter().all(|table| table.is_sound(classes))
            && parts.neighbours.is_sound(documents)
            && parts.class.len() == documents
            && within(&parts.class, classes)
            && parts.counts.len() == classes
            && [&parts.place.above, &parts.place.groups]
                .into_iter()
                .all(|list| list.len() == classes && within(list, classes))
            && (self.group_keys.is_empty() || within(&parts.place.groups, self.group_keys.len()))
            && self.stack.views.iter().all(|w| w.is_finite())
            && [&self.stack.leaf, &self.stack.group].into_iter().all(Stufe::is_sound)
    }
}

struct Out<'a> {
    to: &'a mut dyn Write,
    waiting: Vec<u8>,
}

impl Out<'_> {
    fn pass_on(&mut self) -> io::Result<()> {
        self.to.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend(bytes);
        if self.waiting.len() < BUFFER { Ok(()) } else { self.pass_on() }
    }
    fn u32(&mut self, value: u32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }
    fn count(&mut self, count: usize) -> io::Result<()> {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX))
    }
    fn list(&mut self, list: &[u32]) -> io::Result<()> {
        self.count(list.len())?;
        list.iter().try_for_each(|value| self.u32(*value))
    }
    fn shorts(&mut self, list: &[u16]) -> io::Result<()> {
        self.count(list.len())?;
        list.iter().try_for_each(|value| self.bytes(&value.to_le_bytes()))
    }
    fn floats(&mut self, list: &[f32]) -> io::Result<()> {
        self.count(list.len())?;
        list.iter().try_for_each(|value| self.u32(value.to_bits()))
    }
}

struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }
    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }
    fn list(&mut self) -> Option<Vec<u32>> {
        let count = self.count()?;
        let bytes = self.take(count.checked_mul(4)?)?;
        bytes.chunks_exact(4).map(|b| Some(u32::from_le_bytes(b.try_into().ok()?))).collect()
    }
    fn floats(&mut self) -> Option<Vec<f32>> {
        Some(self.list()?.into_iter().map(f32::from_bits).collect())
    }
    fn shorts(&mut self) -> Option<Vec<u16>> {
        let count = self.count()?;
        let bytes = self.take(count.checked_mul(2)?)?;
        bytes.chunks_exact(2).map(|b| Some(u16::from_le_bytes(b.try_into().ok()?))).collect()
    }
    fn names(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for _ in 0..self.count()? {
            let length = self.count()?;
            names.push(String::from_utf8(self.take(length)?.to_vec()).ok()?);
        }
        Some(names)
    }
    fn level(&mut self) -> Option<Stufe> {
        let (signs, trust) = (self.floats()?.try_into().ok()?, self.floats()?);
        let [threshold, rare] = self.floats()?.try_into().ok()?;
        Some(Stufe { signs, trust, threshold, rare })
    }
    fn table(&mut self) -> Option<Tafel> {
        let (keys, starts, targets) = (self.list()?, self.list()?, self.list()?);
        Some(Tafel { keys, starts, targets, weights: self.shorts()? })
    }

    fn model(&mut self) -> Option<Modell> {
        let (keys, group_keys) = (self.names()?, self.names()?);
        let mut rarity = vec![0.0; DIMENSIONS];
        for _ in 0..self.count()? {
            let feature = self.count()?;
            let weight = f32::from_bits(self.u32()?);
            *rarity.get_mut(feature)? = Some(weight).filter(|w| w.is_finite() && *w > 0.0)?;
        }
        let (linear, centroids) = (self.table()?, self.table()?);
        let (neighbours, plan) = (self.table()?, self.table()?);
        let (class, counts) = (self.list()?, self.list()?);
        let place = Lage { above: self.list()?, groups: self.list()? };
        let count = self.count()?;
        let ids = self.take(count.checked_mul(16)?)?.chunks_exact(16);
        let ids: Option<Vec<u128>> =
            ids.map(|b| Some(u128::from_le_bytes(b.try_into().ok()?))).collect();
        let stack = Stapel {
            views: self.floats()?.try_into().ok()?,
            leaf: self.level()?,
            group: self.level()?,
        };
        let parts = Teile { linear, centroids, neighbours, plan, class, counts, place };
        let model = Modell { keys, group_keys, rarity, parts, ids: ids?, stack };
        self.0.is_empty().then_some(model)
    }
}
