//! A filing plan as the message 0301 of xdomea 3.1.0.
//!
//! 0301 carries number, title, description, years and whether a unit is shut down; everything else
//! of a plan has no place there (`aktenplan/README.md` lists it). Its years count from the closing
//! of a file, so a shorter or otherwise anchored period is never read back from it as a law.

use quick_xml::escape::escape;
use uuid::Uuid;

use super::{Aktenplan, Einheit, Fristart, Gelesen, Planeinheit, Regel};
use crate::domain::zeit::Zeitpunkt;

/// The schema's namespace.
const NAMESPACE: &str = "urn:xoev-de:xdomea:schema:3.1.0";

/// What the head of a message says besides the plan.
#[derive(Clone, Debug)]
pub struct Kopf {
    /// Of this exchange.
    pub prozess: Uuid,
    /// When it is written.
    pub erstellt: Zeitpunkt,
    /// Who sends it.
    pub absender: String,
}

/// How long the unit's files are kept, in the only words that 0301 has: whole years from closing,
/// or for ever (none). What has no rule in these words goes out with the fallback's years; months
/// and days are rounded up, so that nobody who takes the plan over keeps a file too short. Of a law
/// that changes the years are those of the plan's date.
fn jahre(plan: &Aktenplan, unit: &Planeinheit) -> Option<u32> {
    let mut least = unit.regel.iter().chain(&unit.weitere_regeln);
    let everywhere = |r: &Regel| r.land.is_none() && r.wenn.is_none() && r.gilt_am(plan.stand);
    let rule = least.find(|r| r.art == Fristart::Mindest && everywhere(r));
    match rule.unwrap_or(&plan.ausweichregel) {
        Regel { dauer: None, .. } => None,
        Regel { dauer: Some(n), einheit, .. } => Some(match einheit {
            Einheit::Jahre => *n,
            Einheit::Monate => n.div_ceil(12),
            Einheit::Tage => n.div_ceil(365),
        }),
    }
}

/// Writes the message.
#[must_use]
pub fn write(gelesen: &Gelesen, kopf: &Kopf) -> String {
    let plan = &gelesen.plan;
    let mut xml = Xml::default();
    xml.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.text.push_str(&format!(
        "<xdomea:Aktenplan.Aktenplan.0301 xmlns:xdomea=\"{NAMESPACE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{NAMESPACE} xdomea-Nachrichten-AktenplanAustauschen.xsd\">\n"
    ));
    xml.open("Kopf");
    xml.leaf("ProzessID", &kopf.prozess.to_string());
    xml.line("<xdomea:Nachrichtentyp><code>0301</code></xdomea:Nachrichtentyp>");
    xml.leaf("Erstellungszeitpunkt", &kopf.erstellt.to_string());
    for (element, name) in [("Absender", kopf.absender.as_str()), ("Empfaenger", "")] {
        xml.open(element);
        xml.open("Institution");
        xml.leaf("Name", if name.is_empty() { "Empfänger des Aktenplans" } else { name });
        xml.close("Institution");
        xml.close(element);
    }
    xml.leaf("Empfangsbestaetigung", "0");
    xml.close("Kopf");
    xml.open("Aktenplan");
    xml.leaf("Bezeichnung", &plan.name);
    xml.leaf("Version", &plan.stand.to_string());
    // The units in their order; each level that ends is closed before the next unit begins.
    let children = gelesen.kinder();
    let mut stack = vec![(None, 0)];
    while let Some((parent, next)) = stack.pop() {
        let below: &[usize] = children.get(&parent).map_or(&[], Vec::as_slice);
        match below.get(next).and_then(|at| gelesen.einheiten.get(*at)) {
            Some(unit) => {
                stack.push((parent, next + 1));
                stack.push((Some(&unit.nummer), 0));
                xml.unit(plan, unit);
            }
            None if parent.is_some() => xml.close("Einheit"),
            None => {}
        }
    }
    xml.close("Aktenplan");
    xml.text.push_str("</xdomea:Aktenplan.Aktenplan.0301>\n");
    xml.text
}

#[derive(Default)]
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn line(&mut self, text: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth + 1));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn open(&mut self, name: &str) {
        self.line(&format!("<xdomea:{name}>"));
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(&format!("</xdomea:{name}>"));
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.line(&format!("<xdomea:{name}>{}</xdomea:{name}>", escape(text)));
    }

    /// A unit up to its children, in the schema's order.
    fn unit(&mut self, plan: &Aktenplan, unit: &Planeinheit) {
        self.open("Einheit");
        self.leaf("Kennzeichen", &unit.nummer);
        if !unit.beispiele.is_empty() {
            self.leaf("Inhaltsangabe", &unit.beispiele.join(" | "));
        }
        self.leaf("BetreffKurz", &unit.bezeichnung);
        self.open("Aussonderungsart");
        self.line("<xdomea:Aussonderungsart><code>B</code></xdomea:Aussonderungsart>");
        self.close("Aussonderungsart");
        self.leaf("Stillgelegt", if unit.stillgelegt { "1" } else { "0" });
        self.open("Aufbewahrungsdauer");
        match jahre(plan, unit) {
            Some(years) => self.leaf("AnzahlJahre", &years.to_string()),
            None => self.leaf("Unbefristet", "1"),
        }
        self.close("Aufbewahrungsdauer");
    }
}
