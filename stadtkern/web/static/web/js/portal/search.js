// The search field suggests addresses, areas, sensors and datasets; choosing one moves the map there.
const WAIT = 250;

export function listenToSearch(form, portal, map) {
  const input = form.querySelector("#q");
  const list = document.getElementById("sk-portal-places");
  let timer = 0;
  let asked = "";

  async function ask() {
    const text = input.value.trim();
    asked = text;
    if (text.length < 3) { list.hidden = true; return; }
    const answer = await fetch(`${portal.search}?q=${encodeURIComponent(text)}`);
    if (!answer.ok || asked !== text) return;
    const { places } = await answer.json();
    list.replaceChildren(...(places.length ? places.map(item) : [note()]));
    list.hidden = false;
  }

  function note() {
    const line = document.createElement("li");
    line.textContent = portal.words.noResults;
    return line;
  }

  function item({ title, kind, bbox }) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${title} (${kind})`;
    button.addEventListener("click", () => {
      const [west, south, east, north] = bbox;
      map.fitBounds([[west, south], [east, north]], { maxZoom: 16, padding: 40 });
      input.value = title;
      list.hidden = true;
      map.getCanvas().focus();
    });
    line.append(button);
    return line;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch((error) => console.info("search:", error.message)), WAIT);
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") list.hidden = true; });
}
