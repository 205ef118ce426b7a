// The frame: which room is open, what the station says, what is read out. Next: measure.js.
import { begin, listen } from "./station.js";
import { fill, loadWords, t } from "./words.js";
import { el } from "./dom.js";
import { measureRoom } from "./measure.js";
import { historyRoom, recordRoom } from "./history.js";
import { checkRoom } from "./check.js";
import { settingsRoom, applyTheme } from "./settings.js";
import { modeBanner } from "./verify.js";

const ROOMS = { measure: measureRoom, history: historyRoom, record: recordRoom, check: checkRoom, settings: settingsRoom };
const IN_NAVIGATION = ["measure", "history", "check", "settings"];
// What must be seen wherever somebody is: these states bring their room to the front.
const TAKES_OVER = { cooling: "measure", countdown: "measure", laser_on: "measure", measuring: "measure", result: "measure",
  failed: "measure", reconnecting: "measure", not_fit: "measure", asking: "check", calibrating: "check" };

const latest = { state: { phase: "starting", may: [] }, spectrum: null, card: null, station: {}, findings: null };
const main = document.getElementById("main");
let session = {};
let room = null;
let open = null;
let lastPhase = "";
let isLost = false;

function roomOfAddress() {
  const [name, key] = location.hash.slice(1).split("/");
  return [name in ROOMS ? name : "measure", key ? decodeURIComponent(key) : null];
}

function show() {
  const [name, key] = roomOfAddress();
  open = name;
  room?.close?.();
  main.replaceChildren();
  room = ROOMS[name](main, { latest, session, key });
  for (const link of document.querySelectorAll("#rooms a")) {
    const here = link.getAttribute("href") === `#${name === "record" ? "history" : name}`;
    if (here) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  room.receive?.("state");
}

function head() {
  const { state, station } = latest;
  const told = [station.serial, station.model, state.operator, state.sample].filter(Boolean);
  document.getElementById("who").textContent = told.join(" · ") || t("name");
  const said = isLost ? t("lost.state") : t(`phase.${state.locked && state.phase === "ready" ? "locked" : state.phase}`);
  const place = document.getElementById("state");
  if (place.textContent !== said) place.textContent = said;
  modeBanner(document.getElementById("mode"), state, session);
  document.body.dataset.phase = state.phase;
  document.body.classList.toggle("laser", Boolean(state.laser));
  document.title = state.laser ? t("laser.title") : `${said} – ${t("name")}`;
}

function receive(topic, content) {
  latest[topic] = content;
  if (topic === "station" || topic === "state") head();
  if (topic === "state" || topic === "card") readOut(latest);
  if (topic === "state" && content.phase !== lastPhase) {
    lastPhase = content.phase;
    const wanted = TAKES_OVER[content.phase];
    if (wanted && wanted !== open) {
      location.hash = wanted;
      return;
    }
  }
  room?.receive?.(topic);
}

// What is shown is then not known to be true: nobody reads "ready", and nothing is armed by it.
function lost(now) {
  if (now === isLost) return;
  isLost = now;
  document.body.classList.toggle("lost", isLost);
  document.getElementById("alarm").replaceChildren(...(isLost ? [el("p", {}, t("lost.station"))] : []));
  head();
}

// What a card says in one sentence, for who does not see it.
function readOut({ card, state }) {
  const isShown = state.phase === "result" && card?.key === state.record_id;
  document.getElementById("heard").textContent = isShown ? [
    card.material ? t(`material.${card.material.result}`) : "", t(`level.${card.level}`), t(`verdict.${card.verdict}`),
    card.components.map((one) => one.name).join(", ")].filter(Boolean).join(". ") : "";
}

// In the countdown and while the laser is on, Escape does what the largest button does.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("#main .stop")?.click();
});
addEventListener("hashchange", () => {
  show();
  main.focus({ preventScroll: true });
});

applyTheme();
await loadWords();
fill(document.body);
session = await begin();
document.getElementById("rooms").append(
  ...IN_NAVIGATION.map((name) => el("a", { href: `#${name}` }, t(`room.${name}`))),
);
head();
show();
listen(receive, lost);
