// What was measured before: search, the list, one record as it was shown. Next: card.js.
import { button, el, field, icon } from "./dom.js";
import { get } from "./station.js";
import { said, t, when } from "./words.js";
import { resultCard } from "./card.js";
import { TESTED } from "./verify.js";

export function historyRoom(place) {
  let search = "";
  let newest = 0; // answers come in any order; only that of the last question is shown
  const list = el("ol", { class: "records" });
  const status = el("p", { role: "status", class: "facts" });
  const more = button("more", () => load(list.lastElementChild?.dataset.key), "second");
  const input = el("input", { type: "search", autocomplete: "off", maxlength: 120 });
  let wait = null;
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      search = input.value;
      load(null);
    }, 200);
  });

  async function load(before) {
    const mine = ++newest;
    const asked = new URLSearchParams({ search, ...(before ? { before } : {}) });
    const found = await get(`/api/records?${asked}`).catch((error) => ({ error }));
    if (mine !== newest) return;
    if (found.error) {
      status.textContent = said(found.error.text);
      return;
    }
    if (!before) list.replaceChildren();
    list.append(...found.rows.map(row));
    more.hidden = !found.more;
    status.textContent = list.childElementCount ? t("history.found", { n: list.childElementCount }) : t("history.none");
  }

  place.append(el("h1", {}, t("room.history")), field("search", "history.search", input), status, list, more);
  more.hidden = true;
  load(null);
  return {};
}

function row(one) {
  const names = one.names.join(", ");
  const about = [one.sample, one.operator].filter(Boolean).join(" · ");
  return el("li", { "data-key": one.key }, el("a", { href: `#record/${encodeURIComponent(one.key)}` },
    icon(one.worst ?? "unknown", `level.${one.worst ?? "unknown"}`),
    el("span", { class: "row-text" },
      one.tested ? el("strong", { class: `tested ${one.tested}` }, icon(TESTED[one.tested] ?? "unknown"), t(`material.${one.tested}`)) : null,
      el("strong", {}, one.problem ? t("record.damaged", { why: said(one.problem) }) : one.pruned ? t("record.pruned") : t(`verdict.${one.verdict}`)), names ? el("span", {}, names) : null,
      about ? el("span", {}, about) : null, el("span", { class: "facts" }, when(one.created_utc)))));
}

export function recordRoom(place, { key, latest }) {
  place.append(el("p", {}, el("a", { href: "#history", class: "back" }, t("back_to_history"))));
  get(`/api/records/${encodeURIComponent(key)}`)
    .then((card) => place.append(resultCard(card, { recalled: true, model: latest.station.model ?? "" })))
    .catch((error) => place.append(el("p", { role: "alert" }, said(error.text ?? ""), " ", said(error.remedy ?? ""))));
  return {};
}
