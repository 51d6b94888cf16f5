//! The reporting views: what a role sees, and what it does not.

use crate::{
    cluster::settings,
    served::{Binary, City, Served},
};

#[test]
fn a_reporting_role_sees_no_walled_unit_and_no_table() {
    let Some(cluster) = super::Cluster::start() else { return };
    cluster.sql("CREATE ROLE bericht LOGIN; CREATE ROLE personalbericht LOGIN");
    let folder = tempfile::tempdir().unwrap();
    let roles = "report_role = 'bericht'\nreport_walled_role = 'personalbericht'\n";
    let config = format!("{}{roles}", settings(&cluster));
    let file = folder.path().join("a.toml");
    let city = City::found(Binary::real(), &folder.path().join("a"), &file, &config);
    let walled = city.binary().run(&[
        "key",
        "create",
        "--config",
        file.to_str().unwrap(),
        "--name",
        "personal",
        "--role",
        "fachverfahren",
        "--oe",
        "10",
        "--verb",
        "einliefern,anlegen,lesen",
        "--wall",
        "personal",
    ]);
    let agent = Served::agent(std::time::Duration::from_secs(20));
    let akte = |key: &str, betreff: &str, unit: &str, once: &str| {
        let mut akte = serde_json::json!({ "planeinheit": unit, "betreff": betreff, "oe": "10" });
        akte["felder"]["nachname"] = (unit == "03.01").then_some("Muster").into();
        let made = Served::post(&agent, city.address(), key, "/akten", &akte, once).unwrap();
        let metadata = serde_json::json!({ "akte_id": made["id"], "betreff": betreff });
        let bytes = format!("Inhalt {betreff}");
        let once = format!("{once}-dokument");
        Served::push_to(&agent, city.address(), key, bytes.as_bytes(), &metadata, &once).unwrap();
    };
    akte(city.key(), "Organisation", "02.03", "1");
    akte(walled.trim(), "Personalakte Muster", "03.01", "2");

    let ask = |role: &str, sql: &str| -> Result<Vec<String>, String> {
        let url = cluster.url().replace("user=aktenlauf", &format!("user={role}"));
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        let rows = client.query(sql, &[]).map_err(|e| format!("{:?}", e.as_db_error()))?;
        Ok(rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect())
    };
    for view in ["akten", "dokumente"] {
        let all = format!("SELECT betreff FROM stadt.{view}");
        assert_eq!(ask("bericht", &all).unwrap(), ["Organisation"], "{view}");
        assert_eq!(ask("personalbericht", &all).unwrap(), ["Organisation"], "{view}");
        let walled = format!("SELECT betreff FROM stadt.{view}_geschuetzt");
        assert!(ask("bericht", &walled).is_err());
        assert_eq!(ask("personalbericht", &walled).unwrap(), ["Personalakte Muster"], "{view}");
    }
    let log = "SELECT DISTINCT aktion FROM stadt.protokoll WHERE art IN ('akte', 'dokument')";
    let seen = ask("bericht", log).unwrap();
    assert!(seen.contains(&"akte_angelegt".to_owned()), "{seen:?}");
    let count = |view: &str, role| {
        let sql =
            format!("SELECT count(*)::text FROM stadt.{view} WHERE art IN ('akte','dokument')");
        ask(role, &sql)
    };
    assert_eq!(count("protokoll", "bericht").unwrap(), ["2"]);
    assert_eq!(count("protokoll_geschuetzt", "personalbericht").unwrap(), ["2"]);
    assert!(ask("bericht", "SELECT schluessel FROM stadt.protokoll_geschuetzt").is_err());
    for table in ["rows", "journal", "head", "operational", "alle_akten", "alle_protokolle"] {
        let all = format!("SELECT 'x' FROM stadt.{table}");
        for role in ["bericht", "personalbericht"] {
            assert!(ask(role, &all).is_err(), "{role} {table}");
        }
    }
    no_row_leaks(&cluster);
}

/// A function of the reader's own sees no row that the view leaves out.
fn no_row_leaks(cluster: &super::Cluster) {
    let leak = "CREATE FUNCTION pg_temp.leak(text) RETURNS bool COST 0.0001 LANGUAGE plpgsql AS \
                $$ BEGIN IF $1 LIKE 'Personal%' THEN RAISE EXCEPTION 'seen'; END IF; \
                RETURN true; END $$";
    let url = cluster.url().replace("user=aktenlauf", "user=bericht");
    let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    client.batch_execute(leak).unwrap();
    let rows = client.query("SELECT 1 FROM stadt.akten WHERE pg_temp.leak(betreff)", &[]).unwrap();
    assert_eq!(rows.len(), 1);
}
