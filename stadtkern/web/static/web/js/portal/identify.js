// What lies at a point, by click or by key, as a list.
const REACH = 8;
const MOST = 20;
const NAMES = ["name", "title", "label", "bezeichnung", "titel", "nazwa"];

function nameOf(properties, unnamed) {
  const key = Object.keys(properties).find((one) => NAMES.includes(one.toLowerCase()) && properties[one]);
  return key ? String(properties[key]) : properties.street ? `${properties.street} ${properties.house_number ?? ""}` : unnamed;
}

export class Identify {
  constructor(map, portal, layers, sketch) {
    Object.assign(this, { map, words: portal.words, layers });
    this.panel = document.getElementById("sk-portal-found");
    map.on("click", ({ point }) => { if (!sketch.tool) this.at(point, false); });
  }

  at(point, byKey) {
    const ids = this.map.getStyle().layers.map((one) => one.id).filter((id) => id === "places" || id.startsWith("layer-"));
    const drawn = ids.filter((id) => this.map.getLayer(id).type !== "raster");
    const box = [[point.x - REACH, point.y - REACH], [point.x + REACH, point.y + REACH]];
    const seen = new Set();
    const found = this.map.queryRenderedFeatures(box, { layers: drawn }).filter((one) => {
      const key = `${one.source} ${one.id ?? JSON.stringify(one.properties)}`;
      return !seen.has(key) && seen.add(key);
    });
    const isAny = found.length > 0;
    if (!isAny && !byKey) { this.panel.hidden = true; return; }
    this.panel.querySelector("ul").replaceChildren(
      ...(isAny ? found.slice(0, MOST).map((one) => this.item(one)) : [this.line(this.words.nothing)]),
    );
    this.panel.hidden = false;
    if (byKey) this.panel.focus();
  }

  line(text) {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }

  item({ source, properties }) {
    const item = document.createElement("li");
    const layer = this.layers.get(source === "places" ? properties.layer : source.slice(6));
    const name = nameOf(properties, this.words.unnamed);
    const title = document.createElement(properties.url ? "a" : "strong");
    if (properties.url?.startsWith("/")) title.href = properties.url;
    title.textContent = name;
    item.append(title, ` ${properties.text ?? ""} (${layer?.title ?? ""})`);
    const facts = Object.entries(properties).filter(([key, value]) => source !== "places" && value !== "" && value !== null && value !== name && !key.startsWith("_"));
    if (!facts.length) return item;
    const more = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = this.words.details;
    const list = document.createElement("dl");
    for (const [key, value] of facts.slice(0, 30)) {
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = key;
      text.textContent = String(value);
      list.append(term, text);
    }
    more.append(summary, list);
    item.append(more);
    return item;
  }
}
