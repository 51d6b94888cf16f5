//! A small town in memory: two offices, a personnel office behind a wall, one person of each role.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use aktenlauf::{
    blob,
    disk::local::Local,
    domain::{
        access::{Rolle, Schutzklasse, Wer},
        aktenplan::{Aktenplan, Aussonderungsart, Planeinheit, Regel},
        digest::Digest,
        dokument::{Ablage, Blob, BlobStand},
        source::Source,
        zeit::Zeitpunkt,
    },
    follow::Follow,
    identity::Gate,
    intake::{self, Intake, Metadaten, Receipt},
    ledger::{
        self, Change, Draft, Ledger, Subject,
        journal::memory::Memory as Journal,
        table::{self, Pair, Table, Write, memory::Memory},
    },
    registry::{
        Acting, Actor, AkteAnsicht, AkteNeu, Config, Idempotenz, Lesung, OeNeu, PersonNeu,
        RechteNeu, Registry, Rollenangabe, SchluesselNeu,
    },
    search,
};
use uuid::Uuid;

/// A clock that a test moves, and seeded bytes.
#[derive(Debug, Default)]
pub struct Fixed {
    pub millis: AtomicI64,
    /// True: the disk under the ledger has no room.
    pub voll: AtomicBool,
    state: AtomicU64,
}

impl Source for Fixed {
    fn now(&self) -> Zeitpunkt {
        // Each look is a millisecond later, so that instants and ids have an order.
        Zeitpunkt(self.millis.fetch_add(1, Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9E37_79B9_7F4A_7C15_u64;
            let mut z = self.state.fetch_add(step, Ordering::SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Counts what is read: a `get` is one row, a scan as many as it yields, and one for itself.
#[derive(Debug, Default)]
pub struct Counting {
    rows: Memory,
    pub read: AtomicU64,
}

impl Table for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, table::Error> {
        self.read.fetch_add(1, Ordering::SeqCst);
        self.rows.get(key)
    }
    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, table::Error> {
        let found = self.rows.scan(from, to, reverse, limit)?;
        self.read.fetch_add(1 + found.len() as u64, Ordering::SeqCst);
        Ok(found)
    }
    fn commit(&self, batch: &[Write]) -> Result<(), table::Error> {
        self.rows.commit(batch)
    }
    fn wipe(&self) -> Result<(), table::Error> {
        self.rows.wipe()
    }
}

#[derive(Debug)]
struct Same(Arc<Counting>);

impl Table for Same {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, table::Error> {
        self.0.get(key)
    }
    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, table::Error> {
        self.0.scan(from, to, reverse, limit)
    }
    fn commit(&self, batch: &[Write]) -> Result<(), table::Error> {
        self.0.commit(batch)
    }
    fn wipe(&self) -> Result<(), table::Error> {
        self.0.wipe()
    }
}

/// The town.
pub struct Haus {
    pub registry: Registry,
    pub intake: Intake,
    pub follow: Option<Follow>,
    pub ledger: Arc<Ledger>,
    pub derived: Arc<blob::Derived>,
    pub source: Arc<Fixed>,
    pub table: Arc<Counting>,
    pub gate: Gate,
    pub personen: BTreeMap<&'static str, Uuid>,
    pub oe: BTreeMap<&'static str, Uuid>,
    pub startpasswort: BTreeMap<&'static str, String>,
    pub index: Arc<search::Index>,
    _dir: Arc<tempfile::TempDir>,
}

/// Who works here: name, role, OE of the role (none: the whole house).
const LEUTE: [(&str, Rolle, Option<&str>); 9] = [
    ("sach61", Rolle::Sachbearbeitung, Some("61")),
    ("reg61", Rolle::Registratur, Some("61")),
    ("sach50", Rolle::Sachbearbeitung, Some("50")),
    ("sach11", Rolle::Sachbearbeitung, Some("11")),
    ("zentral", Rolle::Registratur, None),
    ("admin1", Rolle::Administration, None),
    ("admin2", Rolle::Administration, None),
    ("revision", Rolle::Revision, None),
    ("archiv", Rolle::Archiv, None),
];

impl Haus {
    pub fn neu() -> Self {
        let source = Arc::new(Fixed::default());
        source.millis.store(1_800_000_000_000, Ordering::SeqCst);
        let dir = tempfile::tempdir().unwrap();
        let table = Arc::new(Counting::default());
        let ledger = Arc::new(ledger(&table, &source));
        let blobs = Arc::new(blob::Store::memory(source.clone()));
        let disk = Arc::new(Local::new());
        let derived = Arc::new(blob::Derived::open(dir.path().join("derived"), disk).unwrap());
        let index = Arc::new(search::Index::open(&dir.path().join("index"), 20 << 20).unwrap());
        let follow = Follow::new(ledger.clone(), index.clone(), derived.clone()).unwrap();
        let registry = Registry::new(
            ledger.clone(),
            blobs,
            derived.clone(),
            index.clone(),
            source.clone(),
            Config::default(),
        );
        let intake = Intake::new(registry.clone(), intake::Config { bytes_max: 1 << 20 });
        let mut haus = Self {
            registry,
            intake,
            follow: Some(follow),
            ledger,
            derived,
            source,
            table,
            gate: Gate::new(4),
            personen: BTreeMap::new(),
            oe: BTreeMap::new(),
            startpasswort: BTreeMap::new(),
            index,
            _dir: Arc::new(dir),
        };
        haus.gruenden();
        haus
    }

    fn gruenden(&mut self) {
        let system = self.registry.system("root");
        system.gruenden("Musterstadt").unwrap();
        let (plan, units) = plan();
        system.aktenplan_laden(plan, units).unwrap();
        for kuerzel in ["61", "50", "11"] {
            let (kuerzel, name) = (kuerzel, format!("Amt {kuerzel}"));
            let neu = OeNeu { kuerzel: kuerzel.into(), name, uebergeordnet: None };
            self.oe.insert(kuerzel, system.oe_anlegen(neu).unwrap().id);
        }
        for (name, rolle, oe) in LEUTE {
            let neu = PersonNeu { anmeldename: name.into(), name: name.into() };
            let wall = vec![Schutzklasse::Personal];
            let rechte = RechteNeu {
                oe: oe.map(Into::into),
                rollen: vec![Rollenangabe { rolle, oe: oe.map(Into::into) }],
                schutzklassen: if name == "sach11" { wall } else { vec![] },
                stufe: Default::default(),
            };
            let made = system.person_anlegen(neu, rechte).unwrap();
            self.personen.insert(name, made.person.id);
            self.startpasswort.insert(name, made.startpasswort);
        }
    }

    /// Somebody of the town, as signed on.
    pub fn als(&self, name: &str) -> Acting {
        let wer = self.registry.wer(self.personen[name]).unwrap().unwrap();
        self.wer(wer)
    }

    pub fn wer(&self, wer: Wer) -> Acting {
        let request_id = Some("r-1".into());
        self.registry.acting_as(Actor { wer, credential_id: None, request_id, on_behalf_of: None })
    }

    /// A machine, by the secret that it was given.
    pub fn maschine(&self, secret: &str) -> Option<Acting> {
        let digest = aktenlauf::identity::secret::digest(secret);
        let key = self.registry.find_key(&digest, [127, 0, 0, 1].into()).unwrap()?;
        Some(self.wer(Wer::Maschine(Box::new(key))))
    }

    /// An Akte of office 61, in the public branch of the plan.
    pub fn akte(&self, wer: &str, betreff: &str) -> AkteAnsicht {
        let neu = akte_neu("52.1", betreff);
        self.als(wer).clerk().unwrap().akte_anlegen(neu, None).unwrap().wert
    }

    /// A push, whole.
    pub fn push(
        &self,
        acting: &Acting,
        metadaten: Metadaten,
        bytes: &[u8],
        idem: Option<&str>,
    ) -> Result<Receipt, intake::Error> {
        let idem = idem.map(idempotenz);
        let mut permit = self.intake.begin(acting, metadaten, idem)?;
        permit.take(bytes.len())?;
        let mut staging = self.registry.blobs().stage().unwrap();
        staging.write(bytes).unwrap();
        permit.finish(staging.finish().unwrap(), Some("brief.txt"))
    }

    /// A letter in an Akte.
    pub fn brief(&self, wer: &str, akte: Uuid, betreff: &str, text: &str) -> Receipt {
        let betreff = Some(betreff.to_owned());
        let meta = Metadaten { akte_id: Some(akte), betreff, ..Metadaten::default() };
        self.push(&self.als(wer), meta, text.as_bytes(), None).unwrap()
    }

    /// Lets the text job and the index catch up.
    pub fn nachziehen(&self) {
        let jobs = self.registry.jobs();
        for open in jobs.offene_texte(100).unwrap() {
            let bytes = self.registry.blobs().read(open.sha256).unwrap();
            self.derived.put(open.sha256, "text", aktenlauf::text::VERSION, &bytes).unwrap();
            let zeichen = bytes.len() as u64;
            let lesung = Lesung { zeichen, ..Lesung::default() };
            jobs.text_bereit(open.sha256, lesung).unwrap();
        }
        let follow = self.follow();
        while follow.indexed() < self.ledger.applied().seq {
            follow.step(Duration::from_millis(10)).unwrap();
        }
        follow.close().unwrap();
    }

    pub fn follow(&self) -> &Follow {
        self.follow.as_ref().unwrap()
    }

    /// The same town once more, with a ledger of its own; blobs and index are shared, and nobody
    /// moves the index on.
    pub fn kopie(&self) -> Self {
        let source = Arc::new(Fixed::default());
        source.millis.store(self.source.millis.load(Ordering::SeqCst), Ordering::SeqCst);
        source.state.store(self.source.state.load(Ordering::SeqCst), Ordering::SeqCst);
        let table = Arc::new(Counting::default());
        let ledger = Arc::new(ledger(&table, &source));
        let mut drafts = Vec::new();
        for entry in self.ledger.entries(1, 1000).unwrap() {
            let body = entry.body.unwrap();
            drafts.push(Draft {
                time: body.time,
                actor: body.actor,
                on_behalf_of: None,
                credential_id: None,
                request_id: None,
                action: body.action,
                subject: body.subject,
                reason: body.reason,
                records: body.records,
                erases: vec![],
            });
        }
        ledger.commit::<(), ()>(source.id(), move |_| Ok((drafts, ()))).unwrap();
        let registry = Registry::new(
            ledger.clone(),
            self.registry.blobs().clone(),
            self.derived.clone(),
            self.index.clone(),
            source.clone(),
            Config::default(),
        );
        let intake = Intake::new(registry.clone(), intake::Config { bytes_max: 1 << 20 });
        Self {
            registry,
            intake,
            follow: None,
            ledger,
            derived: self.derived.clone(),
            source,
            table,
            gate: Gate::new(4),
            personen: self.personen.clone(),
            oe: self.oe.clone(),
            startpasswort: self.startpasswort.clone(),
            index: self.index.clone(),
            _dir: self._dir.clone(),
        }
    }

    /// Another machine of the same town, on the same ledger, with a blob store of its own.
    pub fn knoten(&self, blobs: blob::Store) -> Self {
        let registry = Registry::new(
            self.ledger.clone(),
            Arc::new(blobs),
            self.derived.clone(),
            self.index.clone(),
            self.source.clone(),
            Config::default(),
        );
        let intake = Intake::new(registry.clone(), intake::Config { bytes_max: 1 << 20 });
        Self {
            registry,
            intake,
            follow: None,
            ledger: self.ledger.clone(),
            derived: self.derived.clone(),
            source: self.source.clone(),
            table: self.table.clone(),
            gate: Gate::new(4),
            personen: self.personen.clone(),
            oe: self.oe.clone(),
            startpasswort: self.startpasswort.clone(),
            index: self.index.clone(),
            _dir: self._dir.clone(),
        }
    }

    /// Rows read while `act` ran.
    pub fn gelesen<T>(&self, act: impl FnOnce() -> T) -> (T, u64) {
        let before = self.table.read.load(Ordering::SeqCst);
        let value = act();
        (value, self.table.read.load(Ordering::SeqCst) - before)
    }
}

fn ledger(table: &Arc<Counting>, source: &Arc<Fixed>) -> Ledger {
    let disk = Arc::clone(source);
    let free = move || Ok(u64::from(!disk.voll.load(Ordering::SeqCst)));
    let config = ledger::Config {
        reserve_bytes: 1,
        free: Some(ledger::Free::new(free)),
        ..ledger::Config::default()
    };
    let journal = Box::new(Journal::new());
    let table = Box::new(Same(Arc::clone(table)));
    Ledger::open(config, journal, table, source.clone(), &|_, _| {}).unwrap()
}

pub fn idempotenz(schluessel: &str) -> Idempotenz {
    Idempotenz { schluessel: schluessel.into(), route: "POST /dokumente".into() }
}

pub fn akte_neu(planeinheit: &str, betreff: &str) -> AkteNeu {
    let neu = serde_json::json!({ "planeinheit": planeinheit, "betreff": betreff });
    serde_json::from_value(neu).unwrap()
}

/// A key that pushes into office 61.
pub fn schluessel_neu(name: &str) -> SchluesselNeu {
    use aktenlauf::domain::access::Verb;
    SchluesselNeu {
        name: name.into(),
        rolle: Rolle::Fachverfahren,
        verben: vec![Verb::Einliefern, Verb::Anlegen],
        oe: vec!["61".into()],
        planeinheiten: vec![],
        netze: vec![],
        schutzklassen: vec![],
        stufe: Default::default(),
        ablauf: None,
        grenzen: Default::default(),
    }
}

fn plan() -> (Aktenplan, Vec<Planeinheit>) {
    let stand = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let regel = serde_json::json!({
        "dauer": 10, "einheit": "jahre", "anker": "schliessung",
        "rechtsgrundlage": "Empfehlung", "stand": stand,
    });
    let regel: Regel = serde_json::from_value(regel).unwrap();
    let unit = |nummer: &str, above: Option<&str>, blatt| Planeinheit {
        nummer: nummer.into(),
        uebergeordnet: above.map(Into::into),
        bezeichnung: format!("Einheit {nummer}"),
        blatt,
        regel: None,
        weitere_regeln: vec![],
        aussonderungsart: Aussonderungsart::B,
        vorschlag: None,
        schutzklasse: (nummer == "11.4").then_some(Schutzklasse::Personal),
        aktentyp: None,
        stichworte: vec![],
        beispiele: vec![],
        eigen: false,
        stillgelegt: nummer == "52.9",
        ordnung: nummer.bytes().map(|b| format!("{b:02x}")).collect(),
    };
    let plan = Aktenplan {
        kennung: "muster".into(),
        name: "Musterplan".into(),
        stand,
        quelle: "Test".into(),
        grammatik: "{plan}-{lfd}".into(),
        geschaeftszeichen: String::new(),
        gesperrte_ebenen: 0,
        ausweichregel: regel,
    };
    let units = vec![
        unit("11", None, false),
        unit("11.4", Some("11"), true),
        unit("52", None, false),
        unit("52.1", Some("52"), true),
        unit("52.9", Some("52"), true),
    ];
    (plan, units)
}

/// Bytes in the blob store without any entry.
pub fn veroeffentlicht(haus: &Haus, bytes: &[u8]) -> Digest {
    let blobs = haus.registry.blobs();
    let mut staging = blobs.stage().unwrap();
    staging.write(bytes).unwrap();
    let staged = staging.finish().unwrap();
    blobs.publish(&staged, None, &blobs.lock(staged.digest)).unwrap();
    staged.digest
}

/// A blob with a record, to which no document refers.
pub fn loser_blob(haus: &Haus, bytes: &[u8]) -> Digest {
    let sha256 = veroeffentlicht(haus, bytes);
    let blob = Blob {
        sha256,
        groesse: bytes.len() as u64,
        ablage: Ablage::default(),
        stand: BlobStand::Vorhanden,
    };
    let draft = Draft {
        time: haus.source.now(),
        actor: "test".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "blob_ohne_dokument".into(),
        subject: Subject { kind: "blob".into(), key: sha256.to_string() },
        reason: None,
        records: vec![Change::put(&blob).unwrap()],
        erases: vec![],
    };
    let id = haus.source.id();
    haus.ledger.commit::<(), ()>(id, move |_| Ok((vec![draft], ()))).unwrap();
    sha256
}
