//! What goes over the wire, against a server that answers one request.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use cubit_client::{Client, Error, ListQuery, UnitChange};
use serde_json::{Value, json};
use uuid::Uuid;

/// Answers one request with `answer`; gives back the client's result and the
/// request, its head and body.
fn exchange<T>(answer: &str, call: impl FnOnce(&Client) -> T) -> (T, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.replace('\n', "\r\n");
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        let head = head.to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        head + &String::from_utf8(body).unwrap()
    });
    let client = Client::new(&address, Some("secret".into())).unwrap();
    let result = call(&client);
    (result, server.join().unwrap())
}

#[test]
fn a_list_sends_its_query_and_token() {
    let query = ListQuery {
        r#where: Some("Slug = 'web'".into()),
        ..ListQuery::default()
    };
    let answer = "HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close\n\n[]";
    let (result, request) = exchange(answer, |client| client.list_all_units::<Value>(&query));
    assert_eq!(result.unwrap(), Vec::<Value>::new());
    assert!(request.starts_with("get /api/unit?where=slug+%3d+%27web%27 http/1.1\r\n"));
    assert!(request.contains("authorization: bearer secret\r\n"));
}

#[test]
fn a_patch_is_a_merge_patch() {
    let answer = "HTTP/1.1 200 OK\nContent-Length: 4\nConnection: close\n\nnull";
    let change = UnitChange {
        restore: Some("1".into()),
        ..UnitChange::default()
    };
    let (result, request) = exchange(answer, |client| {
        client.patch_unit::<Value>(
            Uuid::nil(),
            Uuid::nil(),
            &json!({"Labels": {"a": null}}),
            &change,
        )
    });
    assert_eq!(result.unwrap(), Value::Null);
    assert!(request.starts_with("patch /api/space/"));
    assert!(request.contains("?restore=1 http/1.1\r\n"));
    assert!(request.contains("content-type: application/merge-patch+json\r\n"));
    assert!(request.ends_with(r#"{"Labels":{"a":null}}"#));
}

#[test]
fn a_refusal_carries_message_and_request_id() {
    let answer = "HTTP/1.1 409 Conflict\nX-Request-Id: r-7\nConnection: close\n\n\
                  {\"Code\":\"409\",\"Message\":\"changed meanwhile\"}";
    let (result, _) = exchange(answer, |client| {
        client.delete_unit::<Value>(Uuid::nil(), Uuid::nil())
    });
    let Err(Error::Refused {
        status,
        message,
        request_id,
    }) = result
    else {
        panic!("{result:?}");
    };
    assert_eq!((status, message.as_str()), (409, "changed meanwhile"));
    assert_eq!(request_id.as_deref(), Some("r-7"));
}

#[test]
fn other_success_codes_and_redirects_are_refusals() {
    for (line, status) in [
        ("HTTP/1.1 204 No Content\nConnection: close\n\n", 204),
        (
            "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/\nContent-Length: 0\nConnection: close\n\n",
            302,
        ),
    ] {
        let (result, _) = exchange(line, Client::info::<Value>);
        assert_eq!(result.unwrap_err().status(), Some(status));
    }
}

#[test]
fn nobody_listening_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(&address, None).unwrap();
    assert!(matches!(
        client.info::<Value>(),
        Err(Error::Unreachable { .. })
    ));
}
