//! The configured form of our own numbers: two templates that can be written and read back.
//!
//! A template is text with fields in braces: `{plan}` the unit's number, `{lfd}` the file number
//! in the unit, `{vorgang}` the number of the Vorgang in the file, `{jahr}` the year of opening
//! (four digits), `{oe}` the short sign of the OE. `{lfd:3}` and `{vorgang:3}` pad with zeros to
//! three digits; longer numbers are written whole. A template from which two different sets of
//! values could give the same text is refused when it is loaded, so a number read is the number
//! written.

/// Why a template is refused or a number can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A brace without its partner, an unknown field, a bad width.
    #[error("Feld {0:?} ist unbekannt; bekannt sind plan, lfd, vorgang, jahr, oe")]
    Field(String),
    /// A field stands twice.
    #[error("Feld {0:?} steht doppelt")]
    Twice(&'static str),
    /// A field that this template must have.
    #[error("Feld {0:?} fehlt")]
    Missing(&'static str),
    /// A field that this template must not have.
    #[error("Feld {0:?} gehört nicht hierher")]
    Foreign(&'static str),
    /// Two fields touch, or only digits stand between them.
    #[error("vor oder nach Feld {0:?} fehlt ein Trennzeichen, das keine Ziffer ist")]
    Touching(&'static str),
    /// `{oe}` after `{plan}`: where the one ends can't be seen.
    #[error("Feld \"oe\" muss vor Feld \"plan\" stehen")]
    Order,
    /// A control character in the template.
    #[error("Steuerzeichen im Muster")]
    Control,
    /// The short sign contains what separates it from the rest.
    #[error("Das Kürzel {0:?} enthält das Trennzeichen nach dem Feld \"oe\"")]
    Sign(String),
}

/// What a number is written from and read into. What its template does not name is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Felder {
    /// Number of the plan unit.
    pub plan: String,
    /// File number.
    pub lfd: u64,
    /// Number of the Vorgang.
    pub vorgang: Option<u64>,
    /// Year.
    pub jahr: Option<u16>,
    /// Short sign of the OE.
    pub oe: Option<String>,
}

/// The two templates of a city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grammatik {
    akte: Muster,
    vorgang: Muster,
    /// What is left of `vorgang` behind the OE; none: it has no OE.
    ohne_oe: Option<Muster>,
}

impl Grammatik {
    /// Reads the templates of Aktenzeichen and Geschäftszeichen, e.g. `{plan}-{lfd}` and
    /// `{oe} {plan}-{lfd}-{vorgang}`.
    ///
    /// The Aktenzeichen has no `{oe}`: a reorganisation must not change it.
    ///
    /// # Errors
    /// Why a template is refused.
    pub fn parse(akte: &str, vorgang: &str) -> Result<Self, Error> {
        let akte = Muster::parse(akte)?;
        for field in [Feld::Vorgang, Feld::Oe] {
            if akte.has(field) {
                return Err(Error::Foreign(field.name()));
            }
        }
        let vorgang = Muster::parse(vorgang)?;
        if !vorgang.has(Feld::Vorgang) {
            return Err(Error::Missing(Feld::Vorgang.name()));
        }
        let ohne_oe = vorgang.behind(Feld::Oe);
        Ok(Self { akte, vorgang, ohne_oe })
    }

    /// The Aktenzeichen of a file.
    #[must_use]
    pub fn aktenzeichen(&self, plan: &str, lfd: u64, jahr: u16) -> String {
        self.akte.write(&Felder { plan: plan.into(), lfd, jahr: Some(jahr), ..Felder::default() })
    }

    /// The Geschäftszeichen of a Vorgang.
    ///
    /// # Errors
    /// If `oe` contains what separates it from the rest, or is empty.
    pub fn geschaeftszeichen(
        &self,
        oe: &str,
        plan: &str,
        lfd: u64,
        vorgang: u64,
        jahr: u16,
    ) -> Result<String, Error> {
        if let Some(separator) = self.vorgang.after(Feld::Oe)
            && (oe.trim().is_empty() || oe.contains(separator))
        {
            return Err(Error::Sign(oe.into()));
        }
        let (vorgang, jahr, oe) = (Some(vorgang), Some(jahr), Some(oe.trim().to_owned()));
        Ok(self.vorgang.write(&Felder { plan: plan.into(), lfd, vorgang, jahr, oe }))
    }

    /// Reads an Aktenzeichen of this form. The plan number is whatever stands in its place;
    /// whether there is such a unit, the caller looks up.
    #[must_use]
    pub fn lies_aktenzeichen(&self, text: &str) -> Option<Felder> {
        self.akte.read(text)
    }

    /// Reads a Geschäftszeichen of this form.
    #[must_use]
    pub fn lies_geschaeftszeichen(&self, text: &str) -> Option<Felder> {
        self.vorgang.read(text)
    }

    /// Reads what stands behind the OE in a Geschäftszeichen of this form: another office may write
    /// its own sign in front of the number of a file, in whatever form.
    #[must_use]
    pub fn lies_ohne_oe(&self, text: &str) -> Option<Felder> {
        self.ohne_oe.as_ref()?.read(text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feld {
    Plan,
    Lfd,
    Vorgang,
    Jahr,
    Oe,
}

impl Feld {
    const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Lfd => "lfd",
            Self::Vorgang => "vorgang",
            Self::Jahr => "jahr",
            Self::Oe => "oe",
        }
    }
    /// True for the fields whose text is digits only.
    const fn is_number(self) -> bool {
        matches!(self, Self::Lfd | Self::Vorgang | Self::Jahr)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stueck {
    Text(String),
    Feld(Feld, usize),
}

/// One template. Numbers before `{plan}` are read from the left, numbers after it from the right;
/// what is left in between is the plan number, whatever characters it has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Muster(Vec<Stueck>);

impl Muster {
    fn parse(template: &str) -> Result<Self, Error> {
        if template.chars().any(char::is_control) {
            return Err(Error::Control);
        }
        let mut pieces = Vec::new();
        let mut rest = template.trim();
        while let Some(at) = rest.find(['{', '}']) {
            let (text, field) = rest.split_at(at);
            if !text.is_empty() {
                pieces.push(Stueck::Text(text.into()));
            }
            let inner = field.strip_prefix('{').and_then(|f| f.split_once('}'));
            let (name, tail) = inner.ok_or_else(|| Error::Field(field.into()))?;
            pieces.push(Self::field(name)?);
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Stueck::Text(rest.into()));
        }
        let template = Self(pieces);
        template.check()?;
        Ok(template)
    }

    fn field(text: &str) -> Result<Stueck, Error> {
        let unknown = || Error::Field(text.into());
        let (name, width) = text.split_once(':').map_or((text, None), |(n, w)| (n, Some(w)));
        let width = match width {
            None => 0,
            Some(w) => w.parse().ok().filter(|w| (1..=12).contains(w)).ok_or_else(unknown)?,
        };
        let field = match name {
            "lfd" => Feld::Lfd,
            "vorgang" => Feld::Vorgang,
            "plan" if width == 0 => Feld::Plan,
            "jahr" if width == 0 => Feld::Jahr,
            "oe" if width == 0 => Feld::Oe,
            _ => return Err(unknown()),
        };
        Ok(Stueck::Feld(field, width))
    }

    fn check(&self) -> Result<(), Error> {
        let fields: Vec<Feld> = self.fields().collect();
        for (i, field) in fields.iter().enumerate() {
            if fields.iter().skip(i + 1).any(|f| f == field) {
                return Err(Error::Twice(field.name()));
            }
        }
        for field in [Feld::Plan, Feld::Lfd] {
            if !fields.contains(&field) {
                return Err(Error::Missing(field.name()));
            }
        }
        let place = |field| fields.iter().position(|f| *f == field);
        if place(Feld::Oe) > place(Feld::Plan) {
            return Err(Error::Order);
        }
        for pair in self.0.windows(2) {
            match pair {
                [Stueck::Feld(a, _), Stueck::Feld(..)] => return Err(Error::Touching(a.name())),
                [Stueck::Feld(a, _), Stueck::Text(t)]
                    if a.is_number() && t.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    return Err(Error::Touching(a.name()));
                }
                [Stueck::Text(t), Stueck::Feld(b, _)]
                    if b.is_number() && t.ends_with(|c: char| c.is_ascii_digit()) =>
                {
                    return Err(Error::Touching(b.name()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn fields(&self) -> impl Iterator<Item = Feld> {
        self.0.iter().filter_map(|piece| match piece {
            Stueck::Feld(field, _) => Some(*field),
            Stueck::Text(_) => None,
        })
    }

    fn has(&self, field: Feld) -> bool {
        self.fields().any(|f| f == field)
    }

    /// The text that follows a field.
    fn after(&self, field: Feld) -> Option<&str> {
        self.0.windows(2).find_map(|pair| match pair {
            [Stueck::Feld(f, _), Stueck::Text(text)] if *f == field => Some(text.as_str()),
            _ => None,
        })
    }

    /// What is left of it behind a field and the text that follows that.
    fn behind(&self, field: Feld) -> Option<Self> {
        let of = |piece: &Stueck| matches!(piece, Stueck::Feld(f, _) if *f == field);
        let at = self.0.iter().position(of)?;
        Some(Self(self.0.get(at + 2..)?.to_vec()))
    }

    fn write(&self, values: &Felder) -> String {
        let mut result = String::new();
        for piece in &self.0 {
            match piece {
                Stueck::Text(text) => result.push_str(text),
                Stueck::Feld(Feld::Plan, _) => result.push_str(&values.plan),
                Stueck::Feld(Feld::Oe, _) => {
                    result.push_str(values.oe.as_deref().unwrap_or_default());
                }
                Stueck::Feld(Feld::Lfd, width) => result.push_str(&padded(values.lfd, *width)),
                Stueck::Feld(Feld::Vorgang, width) => {
                    result.push_str(&padded(values.vorgang.unwrap_or(0), *width));
                }
                Stueck::Feld(Feld::Jahr, _) => {
                    result.push_str(&padded(u64::from(values.jahr.unwrap_or(0)), 4));
                }
            }
        }
        result
    }

    fn read(&self, text: &str) -> Option<Felder> {
        let middle = self.0.iter().position(|p| matches!(p, Stueck::Feld(Feld::Plan, _)))?;
        let (left, right) = (self.0.get(..middle)?, self.0.get(middle + 1..)?);
        let mut values = Felder::default();
        let mut rest = text.trim();
        for (i, piece) in left.iter().enumerate() {
            rest = match piece {
                Stueck::Text(literal) => rest.strip_prefix(literal.as_str())?,
                Stueck::Feld(Feld::Oe, _) => {
                    let Some(Stueck::Text(separator)) = left.get(i + 1) else { return None };
                    let (sign, _) = rest.split_once(separator.as_str())?;
                    values.oe = Some(sign.into()).filter(|sign: &String| !sign.is_empty());
                    values.oe.as_ref()?;
                    rest.strip_prefix(sign)?
                }
                Stueck::Feld(field, _) => {
                    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    let (digits, tail) = rest.split_at(end);
                    values.set(*field, digits)?;
                    tail
                }
            };
        }
        for piece in right.iter().rev() {
            rest = match piece {
                Stueck::Text(literal) => rest.strip_suffix(literal.as_str())?,
                Stueck::Feld(field, _) => {
                    let head = rest.trim_end_matches(|c: char| c.is_ascii_digit());
                    values.set(*field, rest.strip_prefix(head)?)?;
                    head
                }
            };
        }
        values.plan = Some(rest.to_owned()).filter(|plan| !plan.is_empty())?;
        Some(values)
    }
}

impl Felder {
    fn set(&mut self, field: Feld, digits: &str) -> Option<()> {
        let number: u64 = digits.parse().ok()?;
        match field {
            Feld::Lfd => self.lfd = number,
            Feld::Vorgang => self.vorgang = Some(number),
            Feld::Jahr if digits.len() == 4 => self.jahr = Some(u16::try_from(number).ok()?),
            _ => return None,
        }
        Some(())
    }
}

fn padded(number: u64, width: usize) -> String {
    format!("{number:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAXON: &str = "{oe} {plan}-{lfd}-{vorgang}";

    fn values(plan: &str, lfd: u64) -> Felder {
        Felder { plan: plan.into(), lfd, ..Felder::default() }
    }

    #[test]
    fn aktenzeichen_are_written_and_read_back() {
        // Templates by which cities and Länder of domain.md write; the plan numbers are theirs.
        let cases = [
            ("{plan}-{lfd}", "521.01", 7, "521.01-7"),
            ("{plan}/{lfd:3}", "10 44 01", 12, "10 44 01/012"),
            ("{plan}/{lfd:3}", "022.31", 1234, "022.31/1234"),
            ("{plan}-{lfd}", "B 1113-481", 17, "B 1113-481-17"),
            ("{plan}-{lfd}", "11.01.10", 1, "11.01.10-1"),
            ("{plan}/{lfd}", "20", 203, "20/203"),
            ("{plan}.{lfd:2}", "0202", 2, "0202.02"),
            ("Az. {plan}#{lfd:4}", "3321-0001", 32, "Az. 3321-0001#0032"),
            ("{lfd}/{plan}", "2223.6", 5, "5/2223.6"),
        ];
        for (template, plan, lfd, text) in cases {
            let grammar = Grammatik::parse(template, SAXON).unwrap();
            assert_eq!(grammar.aktenzeichen(plan, lfd, 2026), text);
            assert_eq!(grammar.lies_aktenzeichen(text), Some(values(plan, lfd)), "{text}");
        }
    }

    #[test]
    fn the_year_is_read_back() {
        let grammar = Grammatik::parse("{plan}-{jahr}/{lfd:3}", SAXON).unwrap();
        let text = grammar.aktenzeichen("0211-20000", 10, 2014);
        assert_eq!(text, "0211-20000-2014/010");
        let read = grammar.lies_aktenzeichen(&text).unwrap();
        assert_eq!(read, Felder { jahr: Some(2014), ..values("0211-20000", 10) });
        assert_eq!(grammar.lies_aktenzeichen("0211-20000-14/010"), None);
    }

    #[test]
    fn geschaeftszeichen_are_written_and_read_back() {
        let cases = [
            (SAXON, "61.2", "521.01", "61.2 521.01-7-3"),
            (SAXON, "B", "10 44 01", "B 10 44 01-7-3"),
            (
                "{oe} – {plan}-{lfd}-{vorgang:3}",
                "II 120",
                "0211-20000",
                "II 120 – 0211-20000-7-003",
            ),
        ];
        for (template, oe, plan, text) in cases {
            let grammar = Grammatik::parse("{plan}-{lfd}", template).unwrap();
            assert_eq!(grammar.geschaeftszeichen(oe, plan, 7, 3, 2026).as_deref(), Ok(text));
            let expected = Felder { oe: Some(oe.into()), vorgang: Some(3), ..values(plan, 7) };
            assert_eq!(grammar.lies_geschaeftszeichen(text), Some(expected), "{text}");
        }
    }

    /// Fails if the number behind another office's sign is not read, or one without that part is.
    #[test]
    fn the_number_behind_an_oe_is_read_alone() {
        let read = |form: &str, text: &str| {
            Grammatik::parse("{plan}-{lfd}", form).unwrap().lies_ohne_oe(text)
        };
        let expected = |plan: &str| Some(Felder { vorgang: Some(3), ..values(plan, 7) });
        assert_eq!(read(SAXON, "521.01-7-3"), expected("521.01"));
        let long = "{oe} – {plan}-{lfd}-{vorgang:3}";
        assert_eq!(read(long, "0211-20000-7-003"), expected("0211-20000"));
        assert_eq!(read("{plan}-{lfd}-{vorgang}", "521.01-7-3"), None, "there is no OE in front");
        for text in ["521.01-7", "521.01", "7-3", ""] {
            assert_eq!(read(SAXON, text), None, "{text}");
        }
    }

    #[test]
    fn a_short_sign_that_could_not_be_read_back_is_refused() {
        let grammar = Grammatik::parse("{plan}-{lfd}", SAXON).unwrap();
        for oe in ["II 120", "", " "] {
            let answer = grammar.geschaeftszeichen(oe, "111", 1, 1, 2026);
            assert_eq!(answer, Err(Error::Sign(oe.into())));
        }
    }

    #[test]
    fn ambiguous_templates_are_refused() {
        let cases = [
            ("{plan}{lfd}", Error::Touching("plan")),
            ("{plan}-0{lfd}", Error::Touching("lfd")),
            ("{lfd}0-{plan}", Error::Touching("lfd")),
            ("{plan}", Error::Missing("lfd")),
            ("{lfd}", Error::Missing("plan")),
            ("{plan}-{lfd}-{lfd}", Error::Twice("lfd")),
            ("{oe} {plan}-{lfd}", Error::Foreign("oe")),
            ("{plan}-{lfd}-{vorgang}", Error::Foreign("vorgang")),
            ("{plan}-{nr}", Error::Field("nr".into())),
            ("{plan}-{lfd:0}", Error::Field("lfd:0".into())),
            ("{plan}-{lfd:x}", Error::Field("lfd:x".into())),
            ("{plan:2}-{lfd}", Error::Field("plan:2".into())),
            ("{plan}-{lfd", Error::Field("{lfd".into())),
            ("{plan}-lfd}", Error::Field("}".into())),
            ("{plan}\n{lfd}", Error::Control),
        ];
        for (template, error) in cases {
            assert_eq!(Grammatik::parse(template, SAXON), Err(error), "{template}");
        }
        let late = "{plan}-{lfd}-{vorgang} {oe}";
        assert_eq!(Grammatik::parse("{plan}-{lfd}", late), Err(Error::Order));
        let none = Grammatik::parse("{plan}-{lfd}", "{oe} {plan}-{lfd}");
        assert_eq!(none, Err(Error::Missing("vorgang")));
    }

    #[test]
    fn what_is_not_of_the_form_is_not_read() {
        let grammar = Grammatik::parse("{plan}-{lfd}", SAXON).unwrap();
        for text in ["", "111", "111-", "-7", "111-x", "111-99999999999999999999999"] {
            assert_eq!(grammar.lies_aktenzeichen(text), None, "{text}");
        }
        for text in ["111-1-1", " 111-1-1", "61.2 111-1"] {
            assert_eq!(grammar.lies_geschaeftszeichen(text), None, "{text}");
        }
    }
}
