// The page's two ways to the station: it receives events, and it posts with the session's own secret.
// Next: app.js, which listens.

let session = null;

export async function begin() {
  session = await get("/api/session");
  return session;
}

export async function get(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  return outcome(answer);
}

export async function post(path, body = {}) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "x-ramix-session": session.secret },
    body: JSON.stringify(body),
  });
  return outcome(answer);
}

// The bytes of a file, as they are.
export async function postBytes(path, blob) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/octet-stream", "x-ramix-session": session.secret },
    body: blob,
  });
  return outcome(answer);
}

// Saves what the station sends under the name that it gives; an error is thrown as by the others.
export async function download(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok) return outcome(answer);
  const [, name] = /filename="([\w.-]+)"/.exec(answer.headers.get("content-disposition") ?? "") ?? [null, "record"];
  const whole = new Blob([await answer.arrayBuffer()], { type: "application/octet-stream" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(whole);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return name;
}

export function command(name) {
  return post("/api/command", { command: name });
}

async function outcome(answer) {
  if (answer.status === 401) location.reload();
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw told.error ?? { code: String(answer.status), text: answer.statusText, remedy: "" };
  return told;
}

// Calls receive(topic, content) for each event, and lost(true) when nothing came for too long:
// what the page shows is then not known to be true.
export function listen(receive, lost) {
  let silence = null;
  const alive = () => {
    clearTimeout(silence);
    lost(false);
    silence = setTimeout(() => lost(true), 12000);
  };
  const source = new EventSource("/events");
  for (const topic of ["state", "spectrum", "card", "station", "findings"]) {
    source.addEventListener(topic, (event) => {
      alive();
      receive(topic, JSON.parse(event.data));
    });
  }
  source.addEventListener("alive", alive);
  source.addEventListener("error", () => {
    lost(true);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
  return source;
}
