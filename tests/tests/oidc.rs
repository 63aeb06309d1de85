//! Signing in through a real OpenID Connect provider, as a person with a browser does it: the command
//! line, the server and the provider are processes of their own.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stderr, reason = "a test that is left out says so")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Once;

use cubit_tests::{Api, Server, Workplace, binary};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::Request;

const SECRET: &str = "a secret: of %tests";

/// The provider, which ends with its standard input.
struct Provider {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    issuer: String,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/oidc"))
}

/// Whether a program can be run.
fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    let command = command.arg("--version").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Provider {
    /// None where there is no Node.
    fn start() -> Option<Self> {
        static INSTALLED: Once = Once::new();
        if !has("node") || !has("npm") {
            eprintln!("left out: the provider to test against needs node and npm");
            return None;
        }
        INSTALLED.call_once(|| {
            if !folder().join("node_modules/oidc-provider").exists() {
                let mut install = Command::new("npm");
                let install = install.args(["ci", "--no-audit", "--no-fund", "--silent"]);
                assert!(install.current_dir(folder()).status().unwrap().success());
            }
        });
        let mut child = Command::new("node")
            .arg("provider.js")
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let issuer = output.next().unwrap().unwrap();
        Some(Self {
            child,
            input,
            output,
            issuer,
        })
    }

    fn tell(&mut self, what: &Value) {
        writeln!(self.input, "{what}").unwrap();
        // It has advice for those who run it in earnest, too.
        let mut said = self.output.by_ref().map(Result::unwrap);
        assert!(said.any(|line| line == "ok"), "the provider ended");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server whose people sign in through a provider.
struct World {
    provider: Provider,
    place: Workplace,
    server: Server,
}

impl World {
    fn new(settings: &[(&str, &str)]) -> Option<Self> {
        let mut provider = Provider::start()?;
        let place = Workplace::new();
        let mut command = place.serve();
        command
            .env("CUBIT_OIDC_ISSUER", &provider.issuer)
            .env("CUBIT_OIDC_CLIENT_ID", "cubit")
            .env("CUBIT_OIDC_CLIENT_SECRET", SECRET)
            .env("CUBIT_OIDC_ALLOW", "example.org")
            .envs(settings.iter().copied());
        let server = place.launch(&mut command).expect_running();
        let redirect = format!("{}/auth/oidc/callback", server.url());
        provider.tell(&json!({"redirect_uri": redirect}));
        Some(Self {
            provider,
            place,
            server,
        })
    }

    fn admin(&self) -> Api {
        self.place.api(&self.server)
    }
}

/// A browser: it keeps cookies, and somebody sits before it who signs in.
struct Browser {
    agent: Agent,
    cookies: BTreeMap<String, String>,
    user: String,
}

/// A page, or where the browser is sent.
enum Page {
    Text(String),
    SentTo(String),
}

impl Browser {
    fn of(user: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: agent.into(),
            cookies: BTreeMap::new(),
            user: user.to_owned(),
        }
    }

    fn open(&mut self, address: &str, form: Option<String>) -> Page {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(if form.is_some() { "POST" } else { "GET" })
            .uri(address)
            .header("Cookie", cookies.join("; "))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let request = request.body(form.unwrap_or_default()).unwrap();
        let mut answer = self.agent.run(request).unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        match answer.headers().get("location") {
            Some(location) => Page::SentTo(resolved(address, location.to_str().unwrap())),
            None => Page::Text(answer.body_mut().read_to_string().unwrap()),
        }
    }

    /// Goes where it is sent, and fills in what is asked for, until there is nothing to fill in; the
    /// last page.
    fn follow(&mut self, address: &str, code: &str) -> String {
        let mut address = address.to_owned();
        let mut form = None;
        for _ in 0..30 {
            match self.open(&address, form.take()) {
                Page::SentTo(next) => address = next,
                Page::Text(text) => match between(&text, "action=\"", "\"") {
                    None => return text,
                    Some(action) => {
                        form = Some(self.filled(&text, code));
                        address = resolved(&address, &action);
                    }
                },
            }
        }
        panic!("it goes in circles: {address}");
    }

    fn filled(&self, page: &str, code: &str) -> String {
        let mut fields = Vec::new();
        for input in page.split("<input").skip(1) {
            let input = input.split('>').next().unwrap();
            let value = between(input, "value=\"", "\"").unwrap_or_default();
            if let Some(name) = between(input, "name=\"", "\"") {
                let value = match name.as_str() {
                    "login" => self.user.clone(),
                    "password" => "any".to_owned(),
                    "user_code" if value.is_empty() => code.to_owned(),
                    _ => value,
                };
                fields.push((name, value));
            }
        }
        serde_urlencoded::to_string(fields).unwrap()
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let rest = text.split_once(before)?.1;
    Some(rest.split(after).next()?.replace("&amp;", "&"))
}

fn resolved(base: &str, target: &str) -> String {
    if target.starts_with("http") {
        return target.to_owned();
    }
    let origin = base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    format!("{origin}{target}")
}

/// Somebody at a command line.
struct Person {
    folder: TempDir,
    server: String,
}

impl Person {
    fn new(world: &World) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server: world.server.url().to_owned(),
        }
    }

    fn cubit(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env("CUBIT_CONFIG_DIR", self.folder.path());
        for name in [
            "CUBIT_TOKEN",
            "CONFIGHUB_TOKEN",
            "CUBIT_CONTEXT",
            "CUBIT_SERVER",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Begins to sign in; answers the command and the words it says to the person.
    fn begin(&self, how: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
        let mut command = self.cubit(&["auth", "login", "--server", &self.server, how]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        (child, said)
    }

    /// Signs in with a browser; answers the exit code and what was said.
    fn sign_in(&self, browser: &mut Browser) -> (i32, String) {
        let (child, mut said) = self.begin("--no-browser");
        let (before, address) = (said.next().unwrap().unwrap(), said.next());
        let address = address.unwrap_or_else(|| panic!("{before}")).unwrap();
        browser.follow(address.trim(), "");
        ended(child, said)
    }

    /// What a command ends with.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.cubit(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }
}

fn ended(mut child: Child, said: Lines<BufReader<ChildStderr>>) -> (i32, String) {
    let said: Vec<String> = said.map(Result::unwrap).collect();
    (child.wait().unwrap().code().unwrap(), said.join("\n"))
}

#[test]
fn a_person_signs_in_with_the_browser() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    let info = Api::new(world.server.url(), None).get("/api/info");
    assert_eq!(info["AuthServer"], world.provider.issuer);
    assert_eq!(info["ClientID"], "cubit");
    let device = format!("{}/auth/oidc/device", world.server.url());
    assert_eq!(info["DeviceAuthURL"], device);

    let person = Person::new(&world);
    assert_eq!(person.run(&["auth", "status"]).0, 4, "not signed in");
    let (code, said) = person.sign_in(&mut Browser::of("ann"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("as ann@example.org"), "{said}");
    let (code, status) = person.run(&["auth", "status"]);
    assert_eq!(code, 0, "{status}");
    assert!(status.contains("ANN"), "{status}");
    // Newcomers are Viewers.
    let (code, refused) = person.run(&["space", "create", "dev"]);
    assert_eq!(code, 1, "{refused}");

    // With another key the second time, and the same user.
    world.provider.tell(&json!({"rotate": true}));
    let other = Person::new(&world);
    let (code, said) = other.sign_in(&mut Browser::of("ann"));
    assert_eq!(code, 0, "{said}");
    let users = world.admin().get("/api/user");
    assert_eq!(users.as_array().unwrap().len(), 2, "{users}");

    let (code, said) = person.run(&["auth", "logout"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(person.run(&["auth", "status"]).0, 4);
    assert_eq!(other.run(&["auth", "status"]).0, 0);

    // Who was removed here stays out, whatever the provider says.
    let admin = world.admin();
    let me = admin.get("/api/me");
    let members = format!(
        "/api/organization/{}/organization_member",
        me["OrganizationID"].as_str().unwrap()
    );
    let ann = users.as_array().unwrap().iter();
    let ann = { ann }
        .find(|user| user["Username"] == "ann@example.org")
        .unwrap();
    let path = format!("{members}/{}", ann["UserID"].as_str().unwrap());
    admin.ok("DELETE", &path, &Value::Null);
    assert_eq!(other.run(&["auth", "status"]).0, 4, "at once");
    let (code, said) = other.sign_in(&mut Browser::of("ann"));
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("not a member of an organization any more"),
        "{said}"
    );
}

#[test]
fn a_sign_in_may_go_over_two_servers() {
    let Some(world) = World::new(&[]) else {
        return;
    };
    let mut command = world.place.serve();
    command
        .env("CUBIT_PUBLIC_URL", world.server.url())
        .env("CUBIT_OIDC_ISSUER", &world.provider.issuer)
        .env("CUBIT_OIDC_CLIENT_ID", "cubit")
        .env("CUBIT_OIDC_CLIENT_SECRET", SECRET)
        .env("CUBIT_OIDC_ALLOW", "*");
    let second = world.place.launch(&mut command).expect_running();
    // It begins at the second one, the provider sends the browser to the first one, and the second one
    // is asked for the session.
    let person = Person {
        server: second.url().to_owned(),
        ..Person::new(&world)
    };
    let (code, said) = person.sign_in(&mut Browser::of("ann"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("as ann@example.org"), "{said}");
}

#[test]
fn who_may_not_come_in_stays_outside() {
    let Some(world) = World::new(&[]) else {
        return;
    };
    let admin = world.admin();
    let me = admin.get("/api/me");
    let members = format!(
        "/api/organization/{}/organization_member",
        me["OrganizationID"].as_str().unwrap()
    );
    // Somebody here has the name that bob has there.
    let bob = json!({"Username": "bob@example.org", "Role": "Admin"});
    admin.ok("POST", &members, &bob);
    for (user, why) in [
        ("stranger", "may not sign in here"),
        ("unverified", "has not verified it"),
        ("bob", "another user with the name"),
    ] {
        let person = Person::new(&world);
        let (code, said) = person.sign_in(&mut Browser::of(user));
        assert_eq!(code, 4, "{user}: {said}");
        assert!(said.contains(why), "{user}: {said}");
        assert_eq!(person.run(&["auth", "status"]).0, 4, "{user}");
    }
    let users = admin.get("/api/user");
    assert_eq!(
        users.as_array().unwrap().len(),
        2,
        "nobody was made: {users}"
    );
}

#[test]
fn a_sign_in_is_finished_once_by_the_browser_and_the_program_that_began() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    let url = world.server.url().to_owned();
    let url = url.as_str();
    let api = Api::new(url, None);
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let start = |redirect: &str, challenge: &str| {
        cubit_tests::query(
            "/auth/oidc/start",
            &[
                ("redirect_uri", redirect),
                ("state", "s"),
                ("code_challenge", challenge),
            ],
        )
    };
    for (redirect, challenge) in [
        ("https://evil.example.org/", challenge),
        ("http://evil.example.org/", challenge),
        ("http://127.0.0.1@evil.example.org/", challenge),
        ("http://127.0.0.1:1/?x=y", challenge),
        ("", challenge),
        ("http://127.0.0.1:1/", ""),
        ("http://127.0.0.1:1/", "plain"),
    ] {
        let answer = api.send("GET", &start(redirect, challenge), "");
        assert_eq!(answer.status, 400, "{redirect} {challenge}");
    }
    // Nobody listens there: the browser is stopped before it goes.
    let last = |browser: &mut Browser| {
        let mut address = format!("{url}{}", start("http://127.0.0.1:1/", challenge));
        let mut form = None;
        loop {
            match browser.open(&address, form.take()) {
                Page::SentTo(next) if next.starts_with("http://127.0.0.1:1/") => return next,
                Page::SentTo(next) if next.contains("/auth/oidc/callback") => {
                    // Another browser cannot go on for this one, nor this one afterwards.
                    if browser.user == "eve" {
                        return next;
                    }
                    address = next;
                }
                Page::SentTo(next) => address = next,
                Page::Text(text) => {
                    form = Some(browser.filled(&text, ""));
                    let action = between(&text, "action=\"", "\"").unwrap();
                    address = resolved(&address, &action);
                }
            }
        }
    };
    let redeem = |code: &str, verifier: &str| {
        let body = json!({"code": code, "code_verifier": verifier});
        api.send("POST", "/auth/oidc/token", body.to_string())
            .status
    };
    let code = |address: String| {
        let code = address.split_once("code=").unwrap().1;
        code.split('&').next().unwrap().to_owned()
    };
    let first = code(last(&mut Browser::of("ann")));
    assert_eq!(redeem(&first, "another verifier"), 401);
    assert_eq!(redeem(&first, verifier), 401, "a wrong try uses it up");
    let second = code(last(&mut Browser::of("ann")));
    assert_eq!(redeem(&second, verifier), 200);
    assert_eq!(redeem(&second, verifier), 401, "once");

    let slipped = last(&mut Browser::of("eve"));
    let path = slipped.strip_prefix(url).unwrap();
    assert_eq!(api.send("GET", path, "").status, 400);
    // The provider removes the user while the browser is on its way back.
    let mut browser = Browser::of("eve");
    let back = last(&mut browser);
    world.provider.tell(&json!({"remove": "eve"}));
    match browser.open(&back, None) {
        Page::SentTo(next) => assert!(next.contains("error=access_denied"), "{next}"),
        Page::Text(text) => panic!("it is not told: {text}"),
    }
    let unknown = "/auth/oidc/callback?state=unknown&code=x";
    assert_eq!(api.send("GET", unknown, "").status, 400);
}

#[test]
fn a_person_signs_in_on_another_device() {
    let Some(world) = World::new(&[("CUBIT_OIDC_ROLE", "Member")]) else {
        return;
    };
    let api = Api::new(world.server.url(), None);
    let poll = |code: &str| {
        let body = json!({"device_code": code}).to_string();
        let answer = api.send("POST", "/auth/oidc/device/token", body);
        (answer.status, answer.json()["error"].clone())
    };
    let begun = api.ok("POST", "/auth/oidc/device", &Value::Null);
    let code = begun["device_code"].as_str().unwrap();
    assert_eq!(poll(code), (400, json!("authorization_pending")));
    assert_eq!(poll(code), (400, json!("slow_down")));
    assert_eq!(poll("unknown"), (400, json!("expired_token")));

    let person = Person::new(&world);
    let (child, mut said) = person.begin("--device");
    let line = said.next().unwrap().unwrap();
    let words = line
        .strip_prefix("open ")
        .unwrap_or_else(|| panic!("{line}"));
    let (address, code) = words.split_once(" on any device, and type ").unwrap();
    Browser::of("ann").follow(address, code);
    let (exit, said) = ended(child, said);
    assert_eq!(exit, 0, "{said}");
    let (code, said) = person.run(&["space", "create", "dev"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn without_a_provider_people_sign_in_by_password() {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let password = json!({"Password": "correct horse battery"});
    api.ok("PUT", "/api/me/password", &password);
    let anonymous = Api::new(server.url(), None);
    assert_eq!(anonymous.send("POST", "/auth/oidc/device", "").status, 404);
    let person = Person {
        folder: tempfile::tempdir().unwrap(),
        server: server.url().to_owned(),
    };
    let (code, said) = person.run(&["auth", "login", "--server", &person.server]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("--password-stdin"), "{said}");
    let login = |password: &str| {
        let mut command = person.cubit(&["auth", "login", "--server", &person.server]);
        let command = command.args(["--username", "admin", "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        child.wait().unwrap().code().unwrap()
    };
    assert_eq!(login("wrong password"), 4);
    assert_eq!(login("correct horse battery"), 0);
    api.ok("POST", "/api/organization", &json!({"Slug": "acme"}));
    let (code, said) = person.run(&["auth", "switch", "ACM"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("now in organization acme"), "{said}");
    assert_eq!(person.run(&["auth", "switch", "nothing"]).0, 5);
    assert_eq!(person.run(&["auth", "status"]).0, 0);
    assert_eq!(person.run(&["auth", "logout"]).0, 0);
    assert_eq!(person.run(&["auth", "logout"]).0, 4);
}
