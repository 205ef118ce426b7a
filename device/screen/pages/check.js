// The daily check: the self-test, then the calibration, one step after the other. Next: measure.js.
import { button, el, icon } from "./dom.js";
import { command, post } from "./station.js";
import { has, said, t } from "./words.js";

const TESTS = ["polystyrene", "neon", "argon"];
const STEPS = ["neon", "argon", "polystyrene", "calcite"];

export function checkRoom(place, { latest, session }) {
  let built = "";
  const complaint = el("p", { role: "alert" });
  const complain = (error) => {
    complaint.textContent = [said(error.text), said(error.remedy)].filter(Boolean).join(" ");
  };
  const act = (name) => () => command(name).catch(complain);

  function build(state) {
    const parts = [el("h1", {}, t("room.check"))];
    if (state.phase === "asking") parts.push(asking(state));
    else if (state.phase === "calibrating") parts.push(calibrating(state));
    else if (state.phase === "checking") parts.push(el("p", { role: "status" }, t("check.runs")));
    else parts.push(...selfTest());
    const last = state.may.includes("calibrate") ? calibration(state) : null;
    place.replaceChildren(...[...parts, complaint, el("div", { id: "findings" }), last].filter(Boolean));
    findings();
    place.querySelector(".stop, .primary")?.focus({ preventScroll: true });
  }

  function asking(state) {
    return el("section", { class: `ask ${state.asked_lit ? "danger" : ""}` },
      el("div", { class: "asked" }, state.asked_lit ? icon("laser") : null,
        el("div", {}, el("h2", {}, t(`ask.${state.asked}`)), el("p", {}, t(state.asked_lit ? "ask.lit" : "ask.dark")))),
      session.at_device ? button("continue", act("continue"), state.asked_lit ? "fire" : "primary") : el("p", {}, t("remote")),
      button("cancel", act("cancel"), "stop"));
  }

  function calibrating(state) {
    return el("section", { class: state.laser ? "lit" : "calm", role: state.laser ? "alert" : "status" },
      state.laser ? icon("laser") : null,
      el("div", {}, el("h2", {}, t(state.laser ? "laser.on" : "phase.calibrating")),
        el("p", {}, t(state.laser ? "laser.how" : "phase.calibrating.how"))),
      button("stop", act("cancel"), "stop"));
  }

  function selfTest() {
    const kinds = ["", ...(session.at_device ? TESTS : [])].map((name) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "standard", value: name, checked: name === "" }), t(`test.${name || "none"}`)));
    const begin = () => post("/api/check", { standard: place.querySelector("[name=standard]:checked").value }).catch(complain);
    return [el("p", {}, t("check.how")), el("fieldset", {}, el("legend", {}, t("test.with")), kinds), button("check", begin, "primary")];
  }

  function calibration(state) {
    if (!session.at_device) return null;
    const boxes = STEPS.map((name) => {
      const box = el("input", { type: "checkbox", id: `step-${name}`, value: name, checked: name === "neon" });
      return el("label", { for: box.id, class: "choice" }, box, t(`step.${name}`));
    });
    const begin = () => {
      const steps = [...place.querySelectorAll("[type=checkbox]:checked")].map((box) => box.value);
      post("/api/calibrate", { steps }).catch(complain);
    };
    return el("section", {}, el("h2", {}, t("calibration.title")), el("p", {}, t("calibration.how")),
      el("fieldset", {}, el("legend", {}, t("calibration.steps")), boxes), button("calibrate", begin, "second"));
  }

  function findings() {
    const rows = latest.findings?.rows ?? [];
    const place = document.getElementById("findings");
    if (!place) return;
    const isOver = latest.state.phase !== "checking";
    const fine = isOver ? rows.filter((one) => one.level === "ok") : [];
    const made = rows.filter((one) => one.level !== "not_checked" && !fine.includes(one));
    const left = rows.filter((one) => one.level === "not_checked");
    const worst = ["fault", "warning", "ok"].find((level) => rows.some((one) => one.level === level));
    place.replaceChildren(...(rows.length ? [
      el("h2", {}, t(latest.state.phase === "checking" ? "findings.so_far" : `findings.${worst}`)),
      el("ul", { class: "findings" }, made.map(line)),
      fine.length ? el("details", {}, el("summary", {}, t("findings.in_order", { n: fine.length })), el("ul", { class: "findings" }, fine.map(line))) : "",
      left.length ? el("details", {}, el("summary", {}, t("not_checked", { n: left.length })), el("ul", { class: "findings" }, left.map(line))) : "",
    ] : []));
  }

  const line = (one) => el("li", { class: one.level },
    icon(one.level === "not_checked" ? "unknown" : one.level, `finding.${one.level}`),
    el("div", {}, el("strong", {}, has(`check.${one.check}`) ? t(`check.${one.check}`) : one.check), el("p", {}, said(one.text)),
      one.remedy ? el("p", { class: "remedy" }, said(one.remedy)) : null));

  return {
    receive(topic) {
      const state = latest.state;
      const now = [state.phase, state.asked, state.may.join()].join("|");
      if (now !== built) {
        built = now;
        build(state);
      } else if (topic === "findings") findings();
    },
  };
}
