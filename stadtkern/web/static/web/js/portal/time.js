// A slider over the days of those layers that have a time; its first step shows all times.
const DAY = 86_400_000;
const STEPS = 400;

export function showTime(layers, words) {
  const box = document.getElementById("sk-portal-time");
  const slider = document.getElementById("sk-time-slider");
  const value = document.getElementById("sk-time-value");
  const times = layers.on.map((slug) => layers.get(slug)?.times).filter(Boolean);
  box.hidden = !times.length;
  if (!times.length) { layers.day = ""; return; }
  const first = Math.min(...times.map(([start]) => Date.parse(start)));
  const last = Math.max(...times.map(([, end]) => Date.parse(end)));
  const days = Math.round((last - first) / DAY) + 1;
  const step = Math.max(1, Math.ceil(days / STEPS));
  slider.max = String(Math.ceil(days / step));
  const iso = (time) => new Date(Math.min(time, last)).toISOString().slice(0, 10);
  const shown = () => {
    const number = Number(slider.value);
    if (!number) return ["", words.allTimes];
    const [from, to] = [iso(first + (number - 1) * step * DAY), iso(first + (number * step - 1) * DAY)];
    const text = (day) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(day));
    return [`${from}T00:00:00Z/${to}T23:59:59Z`, from === to ? text(from) : `${text(from)} – ${text(to)}`];
  };
  const say = () => { [, value.textContent] = shown(); slider.setAttribute("aria-valuetext", value.textContent); };
  slider.oninput = say;
  slider.onchange = () => layers.at(shown()[0]);
  say();
}
