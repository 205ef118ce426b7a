// The room where is measured: what each state of the station looks like. Next: card.js, the result.
import { button, el, field, icon, problem } from "./dom.js";
import { command, post } from "./station.js";
import { has, number, said, t } from "./words.js";
import { liveCurve } from "./plot.js";
import { resultCard } from "./card.js";
import { beginVerifying } from "./verify.js";
import { photoField } from "./photo.js";

export function measureRoom(place, { latest, session }) {
  let built = "";
  let live = null;
  const opened = new Set(); // the folds that somebody opened stay open when the page is built anew

  // What a rebuild depends on; everything else is changed in what stands there.
  const key = ({ phase, may, armed_s, locked, notice, record_id, failure, due: late, verifying, photo }) =>
    [phase, may.join(), armed_s > 0, locked, notice, record_id, failure?.text, late, Boolean(verifying), photo?.sha256].join("|");

  function build(state) {
    live?.destroy();
    live = null;
    const had = document.activeElement?.id;
    const typed = document.activeElement?.value; // not sent before the field is left
    place.replaceChildren(...(BUILD[state.phase] ?? BUILD.starting)(state));
    if (state.phase === "measuring") {
      live = liveCurve(place.querySelector("#live"));
      live.show(latest.spectrum);
    }
    if (state.phase === "result") place.querySelector("#card").append(...cardOf(state));
    const again = had ? document.getElementById(had) : null;
    if (again && typed && again.value !== typed && again.type !== "file") {
      again.value = typed;
      again.dispatchEvent(new Event("change"));
    }
    (again ?? place.querySelector(".stop, .primary"))?.focus({ preventScroll: true });
  }

  const cardOf = (state) =>
    latest.card && latest.card.key === state.record_id ? [resultCard(latest.card, { station: latest.station })] : [];

  const BUILD = {
    starting: () => [calm("starting")],
    not_fit: (state) => [calm("not_fit", "fault"), problem(told(state.failure)), row(button("retry", act("retry"), "primary"))],
    ready: (state) => [ready(state), notice(state), fire(state), due(state), sample(state), delivery(state)],
    cooling: () => [calm("cooling"), el("p", { id: "detector", class: "facts" }), button("cancel", act("cancel"), "stop")],
    countdown: (state) => [
      el("section", { class: "count", "aria-labelledby": "count-title" },
        icon("laser"),
        el("h1", { id: "count-title" }, t("countdown.title")),
        el("p", { class: "seconds", id: "seconds" }, number(state.seconds_left)),
        el("p", {}, t("countdown.how")),
        button("cancel", act("cancel"), "stop")),
    ],
    laser_on: lit,
    measuring: lit,
    result: (state) => [el("div", { id: "card" }), el("div", { class: "next" }, fire(state), due(state), sample(state), delivery(state))],
    failed: (state) => [calm("failed", "fault"), problem(told(state.failure)), fire(state), sample(state)],
    reconnecting: (state) => [
      calm("reconnecting", "warning"), problem(told(state.failure)),
      el("p", { id: "attempt", role: "status" }),
      state.stranger ? el("p", { class: "problem" }, t("reconnecting.stranger", { serial: state.stranger })) : null,
    ].filter(Boolean),
    checking: () => [calm("checking"), el("p", {}, el("a", { href: "#check" }, t("see.check")))],
    checked: (state) => [ready(state), fire(state), sample(state), el("p", {}, el("a", { href: "#check" }, t("see.check")))],
    asking: () => [calm("asking"), el("p", {}, el("a", { href: "#check" }, t("see.check")))],
    calibrating: () => [calm("calibrating"), el("p", {}, el("a", { href: "#check" }, t("see.check")))],
  };

  function lit(state) {
    return [
      el("section", { class: "lit", role: "alert", "aria-labelledby": "lit-title" },
        icon("laser"),
        el("div", {},
          el("h1", { id: "lit-title" }, t("laser.on")),
          el("p", {}, t("laser.how"))),
        button("stop", act("cancel"), "stop")),
      el("section", { class: "live", "aria-label": t("live.label") },
        el("p", { id: "power", class: "facts" }),
        el("div", { id: "live", role: "img", "aria-label": t("live.curve"), hidden: state.phase !== "measuring" }),
        el("div", { class: "certain" },
          el("p", { id: "certain-text" }),
          el("div", { class: "track", "aria-hidden": "true" }, el("div", { id: "certain-bar", width: "0%" }))),
        el("p", { id: "look", class: "facts" })),
    ];
  }

  function update(state) {
    const set = (id, text) => {
      const node = document.getElementById(id);
      if (node && node.textContent !== text) node.textContent = text;
    };
    set("seconds", number(state.seconds_left));
    set("detector", t("cooling.at", { c: state.detector_c === null ? t("not_known") : number(state.detector_c, 1), s: number(state.seconds_left) }));
    set("attempt", state.attempt ? t("reconnecting.attempt", { n: state.attempt }) : "");
    set("power", t("live.power", { mw: state.laser_power_mw, ms: number(state.integration_time_ms, 1) }));
    set("look", state.pairs ? t("live.look", { pair: state.pair, pairs: state.pairs, look: state.look, looks: state.looks }) : "");
    const certain = state.certain;
    set("certain-text", certain === null ? t("certain.none") : t("certain.so_far", { n: number(100 * certain) }));
    const bar = document.getElementById("certain-bar");
    if (bar) bar.style.setProperty("width", `${100 * (certain ?? 0)}%`);
    set("armed", t("armed.left", { n: number(state.armed_s) }));
  }

  function fire(state) {
    const parts = [];
    if (state.locked) parts.push(el("p", { class: "locked" }, icon("warning"), t("locked"), " ", el("a", { href: "#settings" }, t("sign_in"))));
    else if (!session.at_device) parts.push(el("p", {}, t("remote")));
    else if (state.armed_s > 0) {
      parts.push(el("div", { class: "armed" },
        el("p", { id: "armed", role: "status" }),
        button("measure", act("measure"), "fire")));
    } else parts.push(button("arm", act("arm"), "primary"));
    if (session.simulated && !state.locked) {
      parts.push(el("div", { class: "simulated" },
        el("p", {}, t("simulated.how")),
        button("press_trigger", () => post("/api/trigger").catch(complain), "second")));
    }
    return el("section", { class: "fire-box", "aria-label": t("fire.label") }, ...parts, el("p", { id: "complaint", role: "alert" }));
  }

  function sample(state) {
    if (!session.at_device) return "";
    const name = el("input", { value: state.sample ?? "", maxlength: 120, autocomplete: "off" });
    const note = el("textarea", { maxlength: 1000, rows: 2 }, state.note ?? "");
    const keep = () => post("/api/sample", { sample: oneLine(name.value), note: oneLine(note.value) }).catch(complain);
    name.addEventListener("change", keep);
    note.addEventListener("change", keep);
    const fold = el("details", { class: "sample", open: opened.has("sample") || Boolean(state.sample || state.note || state.photo) },
      el("summary", {}, t("sample.title")), field("sample", "sample.id", name), field("note", "sample.note", note),
      photoField(state.photo));
    fold.addEventListener("toggle", () => (fold.open ? opened.add("sample") : opened.delete("sample")));
    return fold;
  }

  const oneLine = (text) => text.replaceAll(/\s+/g, " ").trim();

  // Only where somebody stands at the analyzer: the next press of the trigger is one of these tests.
  // What was chosen stays while the page is built anew.
  let choice = null;
  const delivery = (state) => {
    if (state.verifying || state.locked || !session.at_device) return "";
    const compounds = latest.station.compounds ?? [];
    const known = compounds.join();
    if (choice?.known !== known) choice = { known, node: beginVerifying(compounds) };
    return choice.node;
  };

  const ready = (state) => state.locked ? calm("locked", "warning") : calm("ready", "ok");

  function calm(key, picture = "") {
    const how = key === "ready" ? (latest.station.has_trigger === false ? "phase.ready.no_trigger" : "phase.ready.how") : `phase.${key}.how`;
    return el("section", { class: `calm ${key}` }, picture ? icon(picture) : null,
      el("div", {}, el("h1", {}, t(`phase.${key}`)), has(how) ? el("p", {}, t(how)) : null));
  }

  const due = (state) => state.due ? el("p", { class: "locked" }, icon("warning"), el("span", {}, said(state.due), " ", el("a", { href: "#check" }, t("see.check")))) : "";
  const notice = (state) => state.notice ? el("p", { class: "notice", role: "status" }, t(`notice.${state.notice}`)) : "";
  const row = (...nodes) => el("div", { class: "row" }, ...nodes);
  const told = (failure) => failure
    ? { text: said(failure.text), remedy: said(failure.remedy) } : { text: t("failure.none"), remedy: "" };
  const act = (name) => () => command(name).catch(complain);
  const complain = (error) => {
    const node = document.getElementById("complaint");
    if (node) node.textContent = [said(error.text), said(error.remedy)].filter(Boolean).join(" ");
  };

  return {
    receive(topic) {
      const state = latest.state;
      if (topic === "spectrum") return live?.show(latest.spectrum);
      if (topic === "card") return undefined;
      const now = [key(state), latest.station.serial, latest.station.model, latest.station.compounds?.length].join("|");
      if ((topic === "state" || topic === "station") && now !== built) {
        built = now;
        build(state);
      }
      return update(state);
    },
    close() {
      live?.destroy();
    },
  };
}
