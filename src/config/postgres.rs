//! PostgreSQL in the operator's file. The password stands in a file of its own.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Error, File, Ledger, s3::private};
use crate::ledger::postgres;

/// Where journal and tables lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerEngine {
    /// In the data directory.
    #[default]
    File,
    /// In a schema that several nodes may share.
    Postgres,
}

/// A schema of a PostgreSQL server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// Connection string of libpq, without a password; several hosts are tried in order.
    pub url: String,
    /// The schema: one Mandant each.
    pub schema: String,
    /// File that holds the password, readable by its owner alone.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Certificates (PEM) that the server's must come from; needed off this host.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// True: no commit counts before a synchronous standby has it.
    #[serde(default)]
    pub synchronous: bool,
    /// Connections for reading.
    #[serde(default = "connections")]
    pub connections: usize,
    /// Role that may read the reporting views without walled units.
    #[serde(default)]
    pub report_role: Option<String>,
    /// Role that may read those of walled units too.
    #[serde(default)]
    pub report_walled_role: Option<String>,
}

const fn connections() -> usize {
    16
}

/// Names what can't work.
pub(super) fn check(ledger: &Ledger, must: &mut impl FnMut(bool, &str)) {
    let chosen = ledger.engine == LedgerEngine::Postgres;
    must(
        chosen || ledger.postgres.is_none(),
        "ledger.postgres: it is there, but ledger.engine is not \"postgres\"; take one away",
    );
    must(
        !chosen || ledger.postgres.is_some(),
        "ledger.postgres: ledger.engine is \"postgres\", but no server is named",
    );
    let Some(postgres) = &ledger.postgres else { return };
    if let Err(what) = postgres.plain().check() {
        must(false, &format!("ledger.postgres: {what}"));
    }
    if let Some(file) = &postgres.password_file {
        must(file.is_file(), "ledger.postgres.password_file: no such file");
        must(
            !file.is_file() || private(file),
            "ledger.postgres.password_file: others may read it; chmod 600",
        );
    }
    let ca = postgres.ca.as_deref();
    must(ca.is_none_or(Path::is_file), "ledger.postgres.ca: no such file");
    must((1..=200).contains(&postgres.connections), "ledger.postgres.connections: 1 to 200");
}

impl Postgres {
    fn plain(&self) -> postgres::Config {
        postgres::Config {
            ca: self.ca.clone(),
            synchronous: self.synchronous,
            connections: self.connections,
            report_role: self.report_role.clone(),
            report_walled_role: self.report_walled_role.clone(),
            ..postgres::Config::new(self.url.clone(), self.schema.clone())
        }
    }
}

impl File {
    /// For `ledger`, where journal and tables lie in PostgreSQL; the password is read.
    ///
    /// # Errors
    /// `Read`.
    pub fn postgres(&self) -> Result<Option<postgres::Config>, Error> {
        let chosen = self.ledger.engine == LedgerEngine::Postgres;
        let Some(postgres) = self.ledger.postgres.as_ref().filter(|_| chosen) else {
            return Ok(None);
        };
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|e| Error::Read(path.clone(), e))
        };
        let password = postgres.password_file.as_ref().map(read).transpose()?;
        Ok(Some(postgres::Config {
            password: password.map(|text| text.trim().to_owned()),
            seen: Some(self.data.join("operational").join("seen.json")),
            ..postgres.plain()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str) -> Result<File, String> {
        let text = format!("data = '/d'\n[ledger]\n{lines}");
        let file: File = toml::from_str(&text).map_err(|e| e.to_string())?;
        file.check().map_err(|e| e.to_string())?;
        Ok(file)
    }

    /// Fails if any one of the checks is taken away.
    #[test]
    fn every_value_that_can_not_work_is_named() {
        let with = |more: &str| {
            let url = "url = 'host=127.0.0.1 dbname=a'\nschema = 'stadt'\n";
            check(&format!("engine = 'postgres'\n[ledger.postgres]\n{url}{more}"))
        };
        let file = with("").unwrap();
        let config = file.postgres().unwrap().unwrap();
        assert_eq!((config.schema.as_str(), config.connections), ("stadt", 16));
        assert!(check("engine = 'file'").unwrap().postgres().unwrap().is_none());
        assert!(check("engine = 'postgres'").unwrap_err().contains("ledger.postgres"));
        assert!(check("[ledger.postgres]\nurl = ''\nschema = 'a'").is_err());
        for (lines, names) in [
            ("password_file = '/nowhere/password'", "password_file"),
            ("ca = '/nowhere/ca.pem'", "ca"),
            ("connections = 0", "connections"),
            ("report_role = 'a; DROP'", "report"),
            ("password = 'never here'", "password"),
        ] {
            let wrong = with(lines).unwrap_err();
            assert!(wrong.contains(names) || wrong.contains("DROP"), "{lines}: {wrong}");
        }
        for (url, schema) in [
            ("host=db.stadt.example dbname=a", "stadt"),
            ("host=127.0.0.1 password=x", "stadt"),
            ("host=127.0.0.1 nonsense", "stadt"),
            ("host=127.0.0.1", "Stadt"),
            ("host=127.0.0.1", "pg\"; --"),
            ("host=127.0.0.1", ""),
        ] {
            let lines = format!(
                "engine = 'postgres'\n[ledger.postgres]\nurl = '{url}'\nschema = '{schema}'"
            );
            assert!(check(&lines).is_err(), "{url} {schema}");
        }
    }
}
