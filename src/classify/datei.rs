//! A model as a file: magic and version, the parts, and a checksum over all. Little-endian.
//!
//! What can't be right is refused: another version, a byte that was changed, a place that does not
//! exist. Reading never panics and never allocates more than the file is long.

use sha2::{Digest as _, Sha256};

use super::{Error, Modell, merkmale::DIMENSIONS, stapel::Stapel, tafel::Tafel, teile::Teile};

/// Changes with every change of features, tables or weights.
const MAGIC: &[u8; 16] = b"aktenlauf-mod 01";
const SUM: usize = 32;

impl Modell {
    /// The file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Out(MAGIC.to_vec());
        out.count(self.keys.len());
        for key in &self.keys {
            out.count(key.len());
            out.0.extend(key.as_bytes());
        }
        let known = self.rarity.iter().filter(|weight| **weight > 0.0).count();
        out.count(known);
        for (feature, weight) in (0_u32..).zip(&self.rarity).filter(|(_, weight)| **weight > 0.0) {
            out.u32(feature);
            out.u32(weight.to_bits());
        }
        let parts = &self.parts;
        for table in [&parts.linear, &parts.centroids, &parts.neighbours, &parts.plan] {
            out.list(&table.keys);
            out.list(&table.starts);
            out.list(&table.targets);
            out.floats(&table.weights);
        }
        for list in [&parts.class, &parts.counts, &parts.groups] {
            out.list(list);
        }
        out.count(self.ids.len());
        for id in &self.ids {
            out.0.extend(id.to_le_bytes());
        }
        out.floats(&self.stack.views);
        out.floats(&self.stack.signs);
        out.floats(&[self.stack.threshold]);
        let sum = Sha256::digest(&out.0);
        out.0.extend(sum);
        out.0
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
            && parts.groups.len() == classes
            && within(&parts.groups, classes)
            && self.stack.views.iter().chain(&self.stack.signs).all(|w| w.is_finite())
            && self.stack.threshold.is_finite()
    }
}

struct Out(Vec<u8>);

impl Out {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }
    fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }
    fn list(&mut self, list: &[u32]) {
        self.count(list.len());
        list.iter().for_each(|value| self.u32(*value));
    }
    fn floats(&mut self, list: &[f32]) {
        self.count(list.len());
        list.iter().for_each(|value| self.u32(value.to_bits()));
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
    fn table(&mut self) -> Option<Tafel> {
        let (keys, starts, targets) = (self.list()?, self.list()?, self.list()?);
        Some(Tafel { keys, starts, targets, weights: self.floats()? })
    }

    fn model(&mut self) -> Option<Modell> {
        let mut keys = Vec::new();
        for _ in 0..self.count()? {
            let length = self.count()?;
            keys.push(String::from_utf8(self.take(length)?.to_vec()).ok()?);
        }
        let mut rarity = vec![0.0; DIMENSIONS];
        for _ in 0..self.count()? {
            let feature = self.count()?;
            let weight = f32::from_bits(self.u32()?);
            *rarity.get_mut(feature)? = Some(weight).filter(|w| w.is_finite() && *w > 0.0)?;
        }
        let (linear, centroids) = (self.table()?, self.table()?);
        let (neighbours, plan) = (self.table()?, self.table()?);
        let (class, counts, groups) = (self.list()?, self.list()?, self.list()?);
        let count = self.count()?;
        let ids = self.take(count.checked_mul(16)?)?.chunks_exact(16);
        let ids: Option<Vec<u128>> =
            ids.map(|b| Some(u128::from_le_bytes(b.try_into().ok()?))).collect();
        let stack = Stapel {
            views: self.floats()?.try_into().ok()?,
            signs: self.floats()?.try_into().ok()?,
            threshold: self.floats()?.first().copied()?,
        };
        let parts = Teile { linear, centroids, neighbours, plan, class, counts, groups };
        let model = Modell { keys, rarity, parts, ids: ids?, stack };
        self.0.is_empty().then_some(model)
    }
}
