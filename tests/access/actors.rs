//! Who asks, how he stands to an object, and what the rules grant him then.

use aktenlauf::domain::access::{Rolle, Verb};

use crate::stadt::Stadt;

/// How an object stands to OE 10, where the clerks among the actors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Of OE 10.
    Own,
    /// Of OE 20, shared with OE 10 to read.
    SharedToRead,
    /// Of OE 20, shared with OE 10 to work on.
    SharedToWork,
    /// Of OE 20.
    Other,
    /// Of OE 10, behind the wall for personnel.
    Walled,
}

impl Relation {
    pub const ALL: &[Self] =
        &[Self::Own, Self::SharedToRead, Self::SharedToWork, Self::Other, Self::Walled];
}

/// One who asks.
pub struct Actor {
    pub name: &'static str,
    pub token: String,
}

/// All actors; `nobody` sends no credential.
pub fn all(stadt: &Stadt) -> Vec<Actor> {
    let mut actors = vec![Actor { name: "nobody", token: String::new() }];
    for name in ["sb10", "reg10", "personal10", "archiv", "revision", "admin1"] {
        actors.push(Actor { name, token: stadt.token(name) });
    }
    let scan = stadt.key("scan", |key| key.rolle = Rolle::Scanstelle);
    let writes = stadt.key("writes", |_| {});
    let works = stadt.key("works", |key| {
        use Verb::{
            Ablegen, Aendern, Anlegen, Einliefern, Lesen, Protokoll, Schliessen, Stornieren,
        };
        key.verben =
            vec![Lesen, Einliefern, Anlegen, Aendern, Ablegen, Schliessen, Stornieren, Protokoll];
    });
    actors.push(Actor { name: "scan", token: scan });
    actors.push(Actor { name: "writes", token: writes });
    actors.push(Actor { name: "works", token: works });
    actors
}

/// What the rules grant, one letter a verb: Lesen, Einliefern, aNlegen, Aendern, aBlegen,
/// Schliessen, Oeffnen, stornieren (X), Freigeben, Protokoll. Empty: hidden.
///
/// The source is the table in `domain::access`: a role holds in its OE; a share to read gives
/// reading and the log, one to work also pushing, opening a Vorgang, changing and filing; shares
/// are for people; a wall hides from whom it does not admit, whatever else he holds; Revision sees
/// the log of the whole house and nothing else; the archive only what is offered; Administration
/// nothing.
pub fn may(actor: &str, relation: Relation) -> &'static str {
    use Relation::{Other, Own, SharedToRead, SharedToWork, Walled};
    match (actor, relation) {
        ("sb10", Own) | ("personal10", Own | Walled) => "LENABSXFP",
        ("reg10", Own) => "LENABSOXFP",
        ("sb10" | "reg10" | "personal10", SharedToRead) => "LP",
        ("sb10" | "reg10" | "personal10", SharedToWork) => "LPENAB",
        ("revision", Own | SharedToRead | SharedToWork | Other) => "P",
        ("scan" | "writes", Own) => "E",
        ("works", Own) => "LENABSXP",
        _ => "",
    }
}
