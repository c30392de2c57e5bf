// <sk-map src="places.geojson">: a map beside its list. The list is the page; it drives the map and follows it.
import { addMarks } from "./map_marks.js";
import { colours, extentOf, isDark, styleOf } from "./map_style.js";

const EMPTY = { type: "FeatureCollection", features: [] };

function loadStyle(href) {
  if (document.querySelector(`link[href="${href}"]`)) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

class TownMap extends HTMLElement {
  connectedCallback() {
    this.setup = JSON.parse(this.dataset.setup);
    this.list = this.parentElement.querySelector(".sk-places");
    this.key = "";
    // a map weighs half a megabyte: load it once it comes near the screen
    this.watcher = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      this.watcher.disconnect();
      this.start().catch((error) => this.fail("sk.noMap", error));
    }, { rootMargin: "200px" });
    this.watcher.observe(this);
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    this.map?.remove();
    document.removeEventListener("sk-theme", this.redraw);
    this.media?.removeEventListener("change", this.redraw);
  }

  async start() {
    if (!document.createElement("canvas").getContext("webgl2")) throw new Error("no WebGL 2");
    loadStyle(this.dataset.css);
    const [{ Map: LibreMap, NavigationControl, AttributionControl }, places] = await Promise.all([
      import("../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs"),
      this.places(),
    ]);
    const { setup } = this;
    const box = document.createElement("div");
    box.className = "sk-map__canvas";
    this.replaceChildren(box);
    const [west, south, east, north] = setup.bounds;
    this.map = new LibreMap({
      container: box,
      style: styleOf(setup, places),
      bounds: extentOf(places.features, setup.bounds) ?? setup.bounds,
      fitBoundsOptions: { padding: 48, maxZoom: 14 },
      minZoom: 7,
      maxZoom: 18,
      maxBounds: [west - 1.2, south - 1.2, east + 1.2, north + 1.2],
      attributionControl: false,
      cooperativeGestures: true,
      pitchWithRotate: false,
      dragRotate: false,
      locale: setup.words,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (setup.attribution) {
      const credit = document.createElement("a");
      credit.href = setup.attributionUrl;
      credit.textContent = setup.attribution;
      this.map.addControl(new AttributionControl({ compact: false, customAttribution: credit.outerHTML }), "bottom-right");
    }
    this.map.on("style.load", () => { this.classList.toggle("sk-map--dark", isDark()); addMarks(this.map, colours()); this.mark(); });
    this.map.on("load", () => { this.choose(this.key, false); this.dataset.state = "ready"; });
    this.map.on("click", "places", ({ features }) => this.choose(features[0].properties.key, true));
    this.map.on("mouseenter", "places", () => { this.map.getCanvas().style.cursor = "pointer"; });
    this.map.on("mouseleave", "places", () => { this.map.getCanvas().style.cursor = ""; });
    this.redraw = () => { this.map.setStyle(styleOf(setup, this.data), { diff: false }); };
    document.addEventListener("sk-theme", this.redraw);
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.media.addEventListener("change", this.redraw);
    this.listen();
    this.dispatchEvent(new CustomEvent("sk-map-made", { bubbles: true, detail: this }));
  }

  async places() {
    try {
      const answer = await fetch(this.getAttribute("src"), { headers: { Accept: "application/geo+json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.data = await answer.json();
    } catch {
      if (!this.data) this.note("sk.noPlaces");
      this.data ??= EMPTY;
    }
    return this.data;
  }

  /** The list beside the map has been drawn anew: follow it, and keep the part of the map that is in view. */
  async renew() {
    this.list = this.parentElement.querySelector(".sk-places");
    this.listen();
    this.map?.getSource("places")?.setData(await this.places());
  }

  listen() {
    for (const button of this.list?.querySelectorAll(".sk-place__show") ?? []) {
      button.hidden = false;
      button.addEventListener("click", () => this.choose(button.closest(".sk-place").dataset.key, false));
    }
  }

  choose(key, fromMap) {
    if (!key) return;
    this.key = key;
    const place = this.data.features.find((f) => f.properties.key === key);
    if (!place) return;
    this.mark();
    if (!fromMap) this.map.easeTo({ center: place.geometry.coordinates, zoom: Math.max(this.map.getZoom(), 13) });
    for (const item of this.list?.querySelectorAll(".sk-place") ?? []) {
      const chosen = item.dataset.key === key;
      item.classList.toggle("is-chosen", chosen);
      item.querySelector(".sk-place__show").setAttribute("aria-pressed", String(chosen));
      if (chosen && fromMap) item.scrollIntoView({ block: "nearest" });
    }
  }

  mark() {
    if (this.map.getLayer("chosen")) this.map.setFilter("chosen", ["==", ["get", "key"], this.key]);
  }

  note(word) {
    const text = document.createElement("p");
    text.className = "sk-map__note";
    text.setAttribute("role", "status");
    text.textContent = this.setup.words[word];
    this.after(text);
  }

  fail(word, error) {
    console.info("map:", error.message);
    this.hidden = true;
    this.note(word);
  }
}

customElements.define("sk-map", TownMap);
