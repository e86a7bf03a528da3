use super::*;
use serde_json::{Value, json};

fn registration(changes: &Value) -> Result<Client, RegistrationError> {
    let mut registration = json!({
        "client_id": "https://rp.example",
        "redirect_uris": ["https://rp.example/cb"],
        "client_name#sv": "Tjänsten",
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "CN=rp",
        "scope": "openid https://id.oidc.se/scope/naturalPersonInfo",
        "contacts": ["somebody"],
    });
    for (name, value) in changes.as_object().unwrap() {
        registration[name] = value.clone();
    }
    Client::from_json(&registration.to_string())
}

#[test]
fn a_registration_has_safe_defaults() {
    let client = registration(&json!({})).unwrap();
    assert_eq!(client.profile, SecurityProfile::Sweden);
    assert_eq!(client.name.sv, "Tjänsten");
    assert_eq!(client.name.en, "https://rp.example");
    assert_eq!(client.sector.as_deref(), Some("rp.example"));
    assert_eq!(client.id_token_algorithm, JoseAlgorithm::Es256);
    assert!(client.demands.is_empty() && !client.accepts_coordination_number);
    assert!(registration(&json!({"security_profile": "fapi2"})).unwrap().demands(Demand::PushedRequests));
    assert_eq!(registration(&json!({"subject_type": "public"})).unwrap().sector, None);
}

#[test]
fn what_would_be_unsafe_is_not_registered() {
    for changes in [
        json!({"client_id": ""}),
        json!({"client_id": "a b"}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": ["http://rp.example/cb"]}),
        json!({"redirect_uris": ["https://rp.example/cb#here"]}),
        json!({"redirect_uris": ["https://user:word@rp.example/cb"]}),
        json!({"redirect_uris": ["/cb"]}),
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!({"redirect_uris": ["https://rp.example/cb", "https://rp2.example/cb"]}),
        json!({"redirect_uris": ["http://127.0.0.1:8000/cb"]}),
        json!({"response_types": ["code", "token"]}),
        json!({"grant_types": ["implicit"]}),
        json!({"jwks_uri": "https://rp.example/keys"}),
        json!({"token_endpoint_auth_method": "client_secret_basic"}),
        json!({"token_endpoint_auth_method": "none"}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"tls_client_auth_subject_dn": ""}),
        json!({"subject_type": "secret"}),
        json!({"id_token_signed_response_alg": "none"}),
        json!({"id_token_signed_response_alg": "HS256"}),
        json!({"id_token_signed_response_alg": "RS256", "security_profile": "fapi2"}),
        json!({"id_token_encrypted_response_alg": "ECDH-ES"}),
        json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}),
        json!({"security_profile": "none"}),
        json!({"backchannel_logout_uri": "ftp://rp.example"}),
        json!({"client_name#sv": "Bolaget \u{202e}netsnäjT"}),
        json!({"client_name#en": "Tax\u{200b} Agency"}),
        json!({"client_name": "a".repeat(257)}),
    ] {
        assert!(registration(&changes).is_err(), "{changes}");
    }
    assert!(
        registration(&json!({"redirect_uris": ["http://127.0.0.1:8000/cb"], "application_type": "native"})).is_ok()
    );
}

/// Every program on the holder's machine answers there: by the host alone all of them would know a person by one name.
#[test]
fn programs_on_the_holders_machine_share_no_subjects() {
    let sector = |id: &str, host: &str| {
        let redirect = format!("http://{host}:8000/cb");
        let changes = json!({"client_id": id, "application_type": "native", "redirect_uris": [redirect]});
        registration(&changes).unwrap().sector.unwrap()
    };
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        assert_ne!(sector("one", host), sector("other", host));
        assert_eq!(sector("one", host), sector("one", host));
    }
}
