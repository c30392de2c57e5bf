// <sk-plot src="series.json">: buttons for longer time spans; the chart drawn by the server stays until one is used.
// The address is asked with ?range=24h|7d|30d|1y and answers {"times": [seconds], "series": [{"label", "values"}]}.
const RANGES = ["24h", "7d", "30d", "1y"];
const DASHES = [[], [8, 5], [2, 5], [12, 4, 2, 4]];

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function loadStyle(href) {
  if (document.querySelector(`link[href="${href}"]`)) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
}

class Plot extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.dataset.words);
    this.drawn = this.querySelector("svg");
    this.box = document.createElement("div");
    this.box.className = "sk-plot__canvas";
    this.box.setAttribute("aria-hidden", "true");
    this.box.hidden = true;
    this.status = document.createElement("p");
    this.status.className = "sk-plot__status";
    this.status.setAttribute("role", "status");
    this.prepend(this.buttons());
    this.append(this.box, this.status);
    this.redraw = () => { if (this.data) this.draw(); };
    document.addEventListener("sk-theme", this.redraw);
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.media.addEventListener("change", this.redraw);
    this.sizes = new ResizeObserver(() => this.chart?.setSize(this.size()));
    this.sizes.observe(this);
  }

  disconnectedCallback() {
    document.removeEventListener("sk-theme", this.redraw);
    this.media.removeEventListener("change", this.redraw);
    this.sizes.disconnect();
    this.chart?.destroy();
  }

  buttons() {
    const group = document.createElement("div");
    group.className = "sk-plot__ranges";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.words.range);
    for (const range of RANGES) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: this.words[range] });
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => this.show(range, button));
      group.append(button);
    }
    return group;
  }

  async show(range, button) {
    this.toggleAttribute("data-loading", true);
    try {
      loadStyle(this.dataset.css);
      const url = new URL(this.getAttribute("src"), location.href);
      url.searchParams.set("range", range);
      const [{ default: uPlot }, answer] = await Promise.all([
        import("../vendor/uplot-1.6.32/uplot.js"),
        fetch(url, { headers: { Accept: "application/json" } }),
      ]);
      if (!answer.ok) throw new Error(String(answer.status));
      this.uPlot = uPlot;
      this.data = await answer.json();
      this.status.textContent = this.data.times.length ? "" : this.words.empty;
      if (this.data.times.length) this.draw();
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    } catch {
      this.status.textContent = this.words.error;
    } finally {
      this.toggleAttribute("data-loading", false);
    }
  }

  size() {
    return { width: Math.max(200, this.clientWidth), height: Number(this.dataset.height) };
  }

  draw() {
    const { uPlot, data } = this;
    const language = document.documentElement.lang;
    const digits = Number(this.dataset.decimals);
    const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits });
    const exact = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short", timeZone: this.dataset.zone });
    const span = data.times.at(-1) - data.times[0];
    const tick = new Intl.DateTimeFormat(language, { timeZone: this.dataset.zone, ...(span < 2 * 86400 ? { hour: "2-digit", minute: "2-digit" } : span < 90 * 86400 ? { day: "numeric", month: "numeric" } : { month: "short", year: "2-digit" }) });
    const axis = { stroke: token("--sk-muted"), grid: { stroke: token("--sk-line"), width: 1 }, ticks: { show: false }, font: "14px Fira Sans, sans-serif" };
    const format = (value) => (value == null ? "–" : `${number.format(value)}\u00a0${this.dataset.unit}`);
    this.chart?.destroy();
    this.drawn.toggleAttribute("hidden", true);
    this.box.hidden = false;
    this.chart = new uPlot({
      ...this.size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), this.dataset.zone),
      cursor: { drag: { x: true, y: false } },
      series: [
        { value: (_chart, seconds) => (seconds == null ? "–" : exact.format(seconds * 1000)) },
        ...data.series.map((one, n) => ({ label: one.label, stroke: token(`--sk-series-${n + 1}`), dash: DASHES[n], width: 2, points: { show: false }, spanGaps: false, value: (_chart, value) => format(value) })),
      ],
      axes: [
        { ...axis, values: (_chart, splits) => splits.map((seconds) => tick.format(seconds * 1000)) },
        { ...axis, size: 64, values: (_chart, splits) => splits.map((value) => number.format(value)) },
      ],
    }, [data.times, ...data.series.map((one) => one.values)], this.box);
  }
}

customElements.define("sk-plot", Plot);
