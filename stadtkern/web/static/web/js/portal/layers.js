// The layers of the tree on the map: live places, vector tiles, pictures of other services.
import { colours } from "../map_style.js";

const INKS = ["#0b6e99", "#a1440a", "#5b3f9d", "#2f6b2a", "#9b2457", "#6b5a00"];
const DARK_INKS = ["#6cc3e6", "#f0a36b", "#b9a3f2", "#8fce86", "#f29abf", "#d6c25a"];

export class Layers {
  constructor(map, portal, say) {
    Object.assign(this, { map, say, words: portal.words, all: portal.layers });
    this.on = portal.layers.filter((one) => one.on).map((one) => one.slug);
    this.day = "";
    map.on("error", ({ sourceId }) => { if (sourceId?.startsWith("layer-")) say(this.words.noLayer); });
  }

  get(slug) { return this.all.find((one) => one.slug === slug); }

  ink(slug) {
    const inks = colours().dark ? DARK_INKS : INKS;
    return inks[this.all.findIndex((one) => one.slug === slug) % inks.length];
  }

  turn(slug, isOn) {
    this.on = this.on.filter((one) => one !== slug);
    if (isOn) this.on.push(slug);
    const layer = this.get(slug);
    if (layer.kind === "live") this.filterPlaces();
    else if (isOn) this.add(layer);
    else this.remove(slug);
    this.key(slug);
  }

  draw() {
    for (const slug of this.on) {
      const layer = this.get(slug);
      if (layer && layer.kind !== "live") this.add(layer);
      this.key(slug);
    }
    this.filterPlaces();
  }

  filterPlaces() {
    const filter = ["in", ["get", "layer"], ["literal", this.on]];
    if (this.map.getLayer("places")) this.map.setFilter("places", filter);
  }

  below() { return this.map.getLayer("places") ? "places" : undefined; }

  add(layer) {
    const id = `layer-${layer.slug}`;
    this.remove(layer.slug);
    const attribution = [layer.attribution, layer.licence].filter(Boolean).join(", ").replace(/[<>&]/g, "");
    if (layer.kind === "picture") {
      this.map.addSource(id, { type: "raster", tiles: [location.origin + layer.url], tileSize: 256, attribution });
      this.map.addLayer({ id, type: "raster", source: id, paint: { "raster-opacity": 0.75 } }, this.below());
      return;
    }
    const isWhole = layer.kind === "items" || (this.day && layer.times);
    this.map.addSource(id, isWhole
      ? { type: "geojson", data: this.itemsOf(layer), attribution }
      : { type: "vector", tiles: [location.origin + layer.url], maxzoom: 16, attribution });
    const from = { source: id, ...(isWhole ? {} : { "source-layer": layer.sourceLayer }) };
    const ink = this.ink(layer.slug);
    const kind = (name) => ["==", ["geometry-type"], name];
    const paper = colours().paper;
    for (const part of [
      { id, type: "fill", filter: kind("Polygon"), paint: { "fill-color": ink, "fill-opacity": 0.12 } },
      { id: `${id}-line`, type: "line", filter: ["!", kind("Point")], paint: { "line-color": ink, "line-width": 2 } },
      { id: `${id}-point`, type: "circle", filter: kind("Point"), paint: { "circle-color": ink, "circle-radius": 5, "circle-stroke-color": paper, "circle-stroke-width": 1.5 } },
    ]) this.map.addLayer({ ...part, ...from }, this.below());
  }

  itemsOf(layer) {
    const time = this.day && layer.times ? `&datetime=${this.day}` : "";
    return `${location.origin}${layer.items}?f=json&limit=5000${time}`;
  }

  /** Newest values change: ask for them again. */
  renew() {
    for (const slug of this.on) {
      const layer = this.get(slug);
      if (layer?.kind === "items") this.map.getSource(`layer-${slug}`)?.setData(this.itemsOf(layer));
    }
  }

  remove(slug) {
    const id = `layer-${slug}`;
    for (const one of [id, `${id}-line`, `${id}-point`]) if (this.map.getLayer(one)) this.map.removeLayer(one);
    if (this.map.getSource(id)) this.map.removeSource(id);
  }

  /** The legend of our own layers: a mark in their colour beside the name. */
  key(slug) {
    const mark = document.querySelector(`.sk-layer__key[data-key="${CSS.escape(slug)}"]`);
    if (!mark || this.get(slug).kind === "picture" || this.get(slug).kind === "live") return;
    mark.replaceChildren();
    if (!this.on.includes(slug)) return;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of [["width", 14], ["height", 14]]) svg.setAttribute(name, value);
    for (const [name, value] of [["cx", 7], ["cy", 7], ["r", 6], ["fill", this.ink(slug)]]) circle.setAttribute(name, value);
    svg.append(circle);
    mark.append(svg);
  }

  at(day) {
    this.day = day;
    for (const slug of this.on) if (this.get(slug)?.times) this.add(this.get(slug));
  }
}
