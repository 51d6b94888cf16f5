//! What a caller is told to do where no sentence fits the case better: one for each code.

use super::problem::Code;

/// A German sentence for people who develop or run a client, or sit before one.
pub(super) const fn of(code: Code) -> &'static str {
    match code {
        Code::AnfrageUngueltig => "Prüfen Sie Adresse, Kopfzeilen und Form der Anfrage.",
        Code::JsonUngueltig => "Senden Sie einen vollständigen JSON-Rumpf in UTF-8.",
        Code::EingabeUngueltig => "Berichtigen Sie die genannten Felder und senden Sie erneut.",
        Code::MultipartUngueltig => "Senden Sie multipart/form-data mit gültiger Trennmarke.",
        Code::TeileReihenfolge => "Senden Sie zuerst den Teil metadaten, dann den Teil inhalt.",
        Code::UploadAbgebrochen => "Senden Sie die Datei noch einmal, mit demselben Schlüssel.",
        Code::PruefsummeFalsch => "Die Bytes kamen verändert an; senden Sie die Datei noch einmal.",
        Code::DateiLeer => "Senden Sie eine Datei, die nicht leer ist.",
        Code::CursorUngueltig => "Beginnen Sie die Liste von vorn, ohne Fortsetzungsmarke.",
        Code::IdempotencyKeyFehlt => "Senden Sie die Kopfzeile Idempotency-Key mit.",
        Code::NichtAngemeldet => "Melden Sie sich an, oder senden Sie einen gültigen Schlüssel.",
        Code::AnmeldungFalsch => "Prüfen Sie Anmeldename und Passwort.",
        Code::NichtErlaubt => "Wenden Sie sich an Ihre Registratur oder an die Administration.",
        Code::PasswortAendern => "Ändern Sie zuerst Ihr Startpasswort.",
        Code::NichtGefunden => "Prüfen Sie die Adresse; vielleicht fehlt Ihnen auch das Recht.",
        Code::KeinText => "Laden Sie die Datei selbst; ihr Text war nicht zu gewinnen.",
        Code::MethodeNichtErlaubt => "Diese Adresse kennt die Methode nicht; siehe Allow.",
        Code::ZuLangsam => "Senden Sie noch einmal, über eine schnellere Verbindung.",
        Code::Konflikt => "Lesen Sie den Bestand neu und entscheiden Sie dann.",
        Code::ZustandVerbietet => "Lesen Sie den Zustand; vielleicht ist erst zu öffnen.",
        Code::Gesperrt => "Warten Sie das Ende der Sperre ab, oder fragen Sie die Registratur.",
        Code::ZweitePerson => "Lassen Sie eine andere Person dieselbe Anfrage stellen.",
        Code::TextOffen => "Warten Sie, wie Retry-After sagt, und fragen Sie dann wieder.",
        Code::InBearbeitung => "Warten Sie, wie Retry-After sagt, und fragen Sie dann wieder.",
        Code::IdempotencyKeyVergeben => "Nehmen Sie für eine andere Anfrage einen neuen Schlüssel.",
        Code::Veraltet => "Lesen Sie das Objekt neu und wiederholen Sie die Änderung.",
        Code::ZuGross => "Teilen Sie auf, was Sie senden, oder lassen Sie die Grenze erhöhen.",
        Code::MedientypNichtErlaubt => "Senden Sie den Medientyp, den die Beschreibung nennt.",
        Code::BereichUngueltig => "Fragen Sie nach einem Bereich innerhalb der Datei.",
        Code::IfMatchFehlt => "Senden Sie in If-Match das ETag, das Sie gelesen haben.",
        Code::ZuVieleAnfragen => "Warten Sie, wie Retry-After sagt, und senden Sie langsamer.",
        Code::ZuVieleUploads => "Warten Sie, bis eine Ihrer Übertragungen beendet ist.",
        Code::TagesmengeErschoepft => "Senden Sie morgen weiter, oder lassen Sie sie erhöhen.",
        Code::AnmeldungGebremst => "Warten Sie, wie Retry-After sagt, und versuchen Sie es dann.",
        Code::Intern => {
            "Wiederholen Sie die Anfrage; nennen Sie sonst der Administration request_id."
        }
        Code::BlobBeschaedigt => "Melden Sie es der Administration: Die Datei ist zu ersetzen.",
        Code::Ausgelastet => "Warten Sie, wie Retry-After sagt, und wiederholen Sie die Anfrage.",
        Code::SpeicherVoll => "Es wurde nichts gespeichert. Wiederholen Sie, wenn Platz ist.",
        Code::NurLesend => "Lesen geht; schreiben Sie, wenn der Betrieb wieder freigegeben ist.",
        Code::AusgangUnbekannt => "Wiederholen Sie mit demselben Idempotency-Key.",
        Code::NichtBereit => "Warten Sie, wie Retry-After sagt; der Dienst wird gerade bereit.",
    }
}
