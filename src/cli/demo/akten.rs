//! The Akten of the invented city, and in which state they and their documents are shown.

use std::collections::BTreeMap;

use super::{DemoDocument, Form, Stand};

/// With whom an Akte is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Short sign of the OE.
    pub oe: &'static str,
    /// True: it may also work on it.
    pub bearbeiten: bool,
}

/// An Akte and what is filed in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAkte {
    /// Subject.
    pub betreff: String,
    /// Unit of the Musterplan.
    pub planeinheit: &'static str,
    /// OE in charge.
    pub oe: &'static str,
    /// Subjects of its Vorgänge; true: closed.
    pub vorgaenge: Vec<(String, bool)>,
    /// Closed in the end.
    pub geschlossen: bool,
    /// Closed in the end, and opened again by the registry.
    pub wieder_geoeffnet: bool,
    /// Shared with another OE.
    pub freigabe: Option<Share>,
    /// Fields of its type.
    pub felder: BTreeMap<&'static str, String>,
    /// Also kept on paper.
    pub hybrid: bool,
    /// Places of its documents among those it was made of; waiting ones are none of them.
    pub dokumente: Vec<usize>,
}

impl DemoAkte {
    /// True if a document belongs here.
    #[must_use]
    pub fn nimmt(&self, document: &DemoDocument) -> bool {
        self.planeinheit == document.planeinheit
            && self.oe == document.oe_kuerzel
            && self.betreff == document.akte
    }
}

/// What becomes of the n-th document. Personnel documents never wait: the Posteingang stands
/// behind no wall.
pub(super) fn stand(number: usize, eingang: bool, form: Form, plan: &str) -> Stand {
    if eingang && number % 4 == 1 && !plan.starts_with("03.") && !plan.starts_with("611.") {
        return Stand::Wartet;
    }
    // What others sent has no drafts.
    let own = !eingang && form != Form::Csv;
    match number % 27 {
        11 => Stand::Storniert,
        2 | 5 | 14 | 19 if own => Stand::Fassungen(2),
        8 | 22 if own => Stand::Fassungen(3),
        _ => Stand::Abgelegt,
    }
}

/// The Akten that these documents need, in the order in which they are first needed.
#[must_use]
pub fn akten(documents: &[DemoDocument]) -> Vec<DemoAkte> {
    let mut akten: Vec<DemoAkte> = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        if document.stand == Stand::Wartet {
            continue;
        }
        let known = akten.iter().position(|akte| akte.nimmt(document));
        let index = known.unwrap_or(akten.len());
        if known.is_none() {
            akten.push(neu(document, index));
        }
        if let Some(akte) = akten.get_mut(index) {
            akte.dokumente.push(place);
            if let Some(vorgang) = &document.vorgang
                && akte.vorgaenge.iter().all(|(name, _)| name != vorgang)
            {
                // What was begun two years ago is done, and some of the rest.
                let done = vorgang.contains("2023") || vorgang.contains("2024");
                let done = done || (place % 5 == 2 && !vorgang.contains("2026"));
                akte.vorgaenge.push((vorgang.clone(), done || akte.geschlossen));
            }
        }
    }
    akten
}

fn neu(document: &DemoDocument, index: usize) -> DemoAkte {
    let (plan, oe) = (document.planeinheit, document.oe_kuerzel);
    let name = &document.akte;
    let wieder_geoeffnet = name.starts_with("Energie");
    let done =
        (name.starts_with("Bauvorhaben") && index.is_multiple_of(3)) || name.starts_with("IT-");
    let old = name.contains("2023") || done || wieder_geoeffnet;
    let share = |oe, bearbeiten| Some(Share { oe, bearbeiten });
    DemoAkte {
        betreff: name.clone(),
        planeinheit: plan,
        oe,
        vorgaenge: Vec::new(),
        geschlossen: old,
        wieder_geoeffnet,
        freigabe: match plan {
            "511.02" => share("63", index.is_multiple_of(2)),
            "541.04" => share("61", false),
            "561.02" => share("66", true),
            "523.02" => share("61", false),
            "366.01" => share("40", false),
            _ => None,
        },
        felder: document.felder.clone(),
        hybrid: old && plan.starts_with('5'),
        dokumente: Vec::new(),
    }
}
