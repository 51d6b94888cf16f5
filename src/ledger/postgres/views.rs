//! The views for a city's reporting tool: `akten`, `vorgaenge`, `dokumente`, `protokoll`, and the
//! same names with `_geschuetzt` behind for what stands behind a wall (personnel, social and youth
//! files).
//!
//! They are made anew at each start. `security_barrier` keeps a query's own functions from seeing
//! rows that a view leaves out; the tables below are granted to nobody.

use super::Config;

/// Every Akte, walled or not. A record's key is `r`, the code of its kind, its id as text.
const BASE: &str = r"
CREATE OR REPLACE VIEW alle_akten WITH (security_barrier) AS
  SELECT (value->>'id')::uuid AS id, value->>'aktenzeichen' AS aktenzeichen,
    value->>'planeinheit' AS planeinheit, value->>'betreff' AS betreff,
    (value->>'oe')::uuid AS oe, value->>'stufe' AS stufe, value->>'schutzklasse' AS schutzklasse,
    value->>'zustand' AS zustand, value->>'medium' AS medium, value->>'typ' AS typ,
    (value->>'geschlossen_am')::date AS geschlossen_am, value->>'fremd_id' AS fremd_id,
    (value->>'angelegt')::timestamptz AS angelegt, (value->>'geaendert')::timestamptz AS geaendert
  FROM rows WHERE key >= '\x7208' AND key < '\x7209';
CREATE OR REPLACE VIEW alle_vorgaenge WITH (security_barrier) AS
  SELECT (v.value->>'id')::uuid AS id, (v.value->>'akte_id')::uuid AS akte_id,
    (v.value->>'nummer')::int8 AS nummer, v.value->>'geschaeftszeichen' AS geschaeftszeichen,
    v.value->>'betreff' AS betreff, v.value->>'zustand' AS zustand, v.value->>'typ' AS typ,
    (v.value->>'geschlossen_am')::date AS geschlossen_am,
    (v.value->>'angelegt')::timestamptz AS angelegt,
    (v.value->>'geaendert')::timestamptz AS geaendert,
    a.value->>'schutzklasse' AS schutzklasse
  FROM rows v
  JOIN rows a ON a.key = '\x7208'::bytea || convert_to(v.value->>'akte_id', 'UTF8')
  WHERE v.key >= '\x7209' AND v.key < '\x720a';
CREATE OR REPLACE VIEW alle_dokumente WITH (security_barrier) AS
  SELECT (d.value->>'id')::uuid AS id, d.value->'ort'->>'art' AS ort,
    (d.value->'ort'->>'akte_id')::uuid AS akte_id,
    (d.value->'ort'->>'vorgang_id')::uuid AS vorgang_id,
    (coalesce(a.value->>'oe', d.value->'ort'->>'oe'))::uuid AS oe,
    d.value->>'betreff' AS betreff, d.value->>'typ' AS typ,
    (d.value->>'posteingangsdatum')::date AS posteingangsdatum,
    (d.value->>'postausgangsdatum')::date AS postausgangsdatum,
    (d.value->>'datum')::date AS datum, d.value->>'absender' AS absender,
    d.value->>'empfaenger' AS empfaenger, d.value->>'fremd_id' AS fremd_id,
    json_array_length(d.value->'fassungen') AS fassungen,
    d.value->'fassungen'->-1->'formate'->0->>'sha256' AS sha256,
    (d.value->'fassungen'->-1->'formate'->0->>'groesse')::int8 AS groesse,
    d.value->'storno' IS NOT NULL AND d.value->>'storno' IS NOT NULL AS storniert,
    (d.value->>'angelegt')::timestamptz AS angelegt,
    (d.value->>'geaendert')::timestamptz AS geaendert,
    a.value->>'schutzklasse' AS schutzklasse
  FROM rows d LEFT JOIN rows a
    ON a.key = '\x7208'::bytea || convert_to(d.value->'ort'->>'akte_id', 'UTF8')
  WHERE d.key >= '\x720a' AND d.key < '\x720b'
    AND (a.key IS NOT NULL OR d.value->'ort'->>'akte_id' IS NULL);
CREATE OR REPLACE VIEW alle_protokolle WITH (security_barrier) AS
  SELECT e.seq, (e.body->>'time')::timestamptz AS zeit, e.body->>'actor' AS akteur,
    e.body->>'action' AS aktion, e.body->'subject'->>'kind' AS art,
    e.body->'subject'->>'key' AS schluessel,
    coalesce(s.value->>'schutzklasse', a.value->>'schutzklasse') AS schutzklasse
  FROM (SELECT seq, convert_from(body, 'UTF8')::json AS body FROM journal WHERE body <> '') e
  LEFT JOIN rows s ON s.key = CASE e.body->'subject'->>'kind' WHEN 'akte' THEN '\x7208'::bytea
      WHEN 'vorgang' THEN '\x7209'::bytea WHEN 'dokument' THEN '\x720a'::bytea END
    || convert_to(e.body->'subject'->>'key', 'UTF8')
  LEFT JOIN rows a ON a.key = '\x7208'::bytea
    || convert_to(coalesce(s.value->>'akte_id', s.value->'ort'->>'akte_id'), 'UTF8')
  WHERE e.body->'subject'->>'kind' IN ('planeinheit', 'oe') OR s.key IS NOT NULL;
";

const NAMES: [(&str, &str); 4] = [
    ("akten", "alle_akten"),
    ("vorgaenge", "alle_vorgaenge"),
    ("dokumente", "alle_dokumente"),
    ("protokoll", "alle_protokolle"),
];

/// What makes the views and grants them.
pub(super) fn sql(config: &Config) -> String {
    let mut sql = BASE.to_owned();
    for (name, base) in NAMES {
        for (suffix, walled) in [("", "IS NULL"), ("_geschuetzt", "IS NOT NULL")] {
            sql.push_str(&format!(
                "CREATE OR REPLACE VIEW {name}{suffix} WITH (security_barrier) AS \
                 SELECT * FROM {base} WHERE schutzklasse {walled};\n"
            ));
        }
    }
    let schema = &config.schema;
    let mut grant = |role: &Option<String>, suffix: &str| {
        let Some(role) = role else { return };
        sql.push_str(&format!("GRANT USAGE ON SCHEMA \"{schema}\" TO \"{role}\";\n"));
        for (name, _) in NAMES {
            sql.push_str(&format!("GRANT SELECT ON {name}{suffix} TO \"{role}\";\n"));
        }
    };
    grant(&config.report_role, "");
    grant(&config.report_walled_role, "");
    grant(&config.report_walled_role, "_geschuetzt");
    sql
}
