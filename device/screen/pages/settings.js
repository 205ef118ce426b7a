// Operator, watch list, language and light of the screen. Next: words.js, where the texts are.
import { button, el, field } from "./dom.js";
import { post } from "./station.js";
import { language, said, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];

export function applyTheme(theme = localStorage.getItem("theme") ?? "auto") {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function settingsRoom(place, { latest, session }) {
  let built = "";
  const told = el("p", { role: "status" });
  const tell = (text) => {
    told.textContent = text;
  };
  const send = (path, body, then = "saved") => post(path, body)
    .then(() => tell(t(then)))
    .catch((error) => tell([said(error.text), said(error.remedy)].filter(Boolean).join(" ")));

  function operator(state) {
    if (state.operator) {
      return el("section", {}, el("h2", {}, t("operator.title")), el("p", {}, t("operator.is", { name: state.operator })),
        button("sign_out", () => send("/api/sign-out", {}, "signed_out"), "second"), adding());
    }
    const name = el("input", { autocomplete: "username", maxlength: 60, required: true });
    const pin = el("input", { type: "password", autocomplete: "current-password", maxlength: 64, required: true });
    const form = el("form", {}, field("operator", "operator.name", name), field("pin", "operator.pin", pin),
      el("button", { class: "primary" }, t("sign_in")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send("/api/sign-in", { name: name.value, pin: pin.value }, "signed_in");
      pin.value = "";
    });
    return el("section", {}, el("h2", {}, t("operator.title")), el("p", {}, t(state.locked ? "operator.locked" : "operator.none")),
      state.locked ? form : null, state.locked ? null : adding());
  }

  function adding() {
    const name = el("input", { autocomplete: "off", maxlength: 60, required: true });
    const pin = el("input", { type: "password", autocomplete: "new-password", maxlength: 64, minlength: 4, required: true });
    const form = el("form", {}, field("new-operator", "operator.name", name), field("new-pin", "operator.new_pin", pin),
      el("button", { class: "second" }, t("operator.add")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send("/api/operators", { name: name.value, pin: pin.value }, "saved");
      pin.value = "";
    });
    return el("details", {}, el("summary", {}, t("operator.add")), form);
  }

  function watching(state) {
    const text = el("textarea", { rows: 4 }, state.watched.join("\n"));
    const names = latest.station.compounds ?? [];
    return el("section", {}, el("h2", {}, t("watch.title")), el("p", {}, t("watch.how")), field("watch", "watch.names", text),
      button("save_watch", () => send("/api/watch", { names: text.value.split("\n").map((one) => one.trim()).filter(Boolean) }), "second"),
      names.length ? el("details", {}, el("summary", {}, t("watch.known", { n: names.length })), el("p", {}, names.join(", "))) : null);
  }

  function looks() {
    const theme = localStorage.getItem("theme") ?? "auto";
    const themes = THEMES.map((name) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "theme", value: name, checked: name === theme, onchange: () => {
        localStorage.setItem("theme", name);
        applyTheme(name);
      } }), t(`theme.${name}`)));
    const languages = session.languages.map((name) => el("a", {
      class: "button second", href: `/?lang=${name}#settings`, lang: name, hreflang: name,
      "aria-current": name === language ? "true" : null }, t(`language.${name}`)));
    return el("section", {}, el("h2", {}, t("looks.title")), el("fieldset", {}, el("legend", {}, t("theme.title")), themes),
      el("h3", {}, t("language.title")), el("div", { class: "row" }, languages));
  }

  return {
    receive(topic) {
      const state = latest.state;
      const now = [state.operator, state.locked, (state.watched ?? []).join(), latest.station.model].join("|");
      if (topic !== "state" || now === built || state.watched === undefined) return;
      built = now;
      place.replaceChildren(el("h1", {}, t("room.settings")), told, ...(session.at_device ? [operator(state), watching(state)] : []), looks());
    },
  };
}
