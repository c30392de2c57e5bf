// The marks of the places: another shape for each kind, drawn here, so that no picture has to be loaded.
const SHAPES = {
  water: (c, r) => { c.moveTo(0, -r); c.bezierCurveTo(r * 1.5, r * 0.1, r * 0.8, r, 0, r); c.bezierCurveTo(-r * 0.8, r, -r * 1.5, r * 0.1, 0, -r); },
  weather: (c, r) => c.arc(0, 0, r * 0.92, 0, 2 * Math.PI),
  air: (c, r) => polygon(c, r, 6, Math.PI / 6),
  traffic: (c, r) => c.rect(-r * 0.82, -r * 0.82, r * 1.64, r * 1.64),
  energy: (c, r) => polygon(c, r * 1.1, 4, Math.PI / 2),
  nature: (c, r) => polygon(c, r * 1.1, 3, -Math.PI / 2),
  other: (c, r) => polygon(c, r, 5, -Math.PI / 2),
};
const SIZE = 22;

function polygon(c, r, corners, turn) {
  for (let n = 0; n < corners; n += 1) {
    const angle = turn + (n * 2 * Math.PI) / corners;
    c[n ? "lineTo" : "moveTo"](r * Math.cos(angle), r * Math.sin(angle));
  }
  c.closePath();
}

function picture(kind, fill, edge, ratio) {
  const side = SIZE * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  c.translate(side / 2, side / 2);
  c.beginPath();
  SHAPES[kind](c, (SIZE / 2 - 3) * ratio);
  c.lineJoin = "round";
  c.lineWidth = 4 * ratio;
  c.strokeStyle = edge;
  c.stroke();
  c.fillStyle = fill;
  c.fill();
  return c.getImageData(0, 0, side, side);
}

export function addMarks(map, { accent, paper, dark }) {
  const fills = { "": accent, "-warning": dark ? "#f2b45c" : "#925400", "-danger": dark ? "#ff8a80" : "#c31c13" };
  const ratio = Math.max(2, Math.ceil(devicePixelRatio));
  for (const kind of Object.keys(SHAPES)) {
    for (const [state, fill] of Object.entries(fills)) {
      const name = `mark-${kind}${state}`;
      if (map.hasImage(name)) map.removeImage(name);
      map.addImage(name, picture(kind, fill, paper, ratio), { pixelRatio: ratio });
    }
  }
}
