// Points on a canvas: drawn, moved, zoomed, encircled.

// Ten hues that can be told apart on the light and on the dark page, and eight steps of
// one scale.
const hues = {
  light: ["#3451d1", "#c4320a", "#0e7a6f", "#9a1f87", "#a15c00", "#1e7a1e", "#d6336c", "#4a5568", "#6f42c1", "#0077a8"],
  dark: ["#8ea2ff", "#ff9466", "#3fd0bd", "#f08ad8", "#f2c14e", "#7fd67f", "#ff8fab", "#b8c0cc", "#c4a7ff", "#67c7f0"],
};
const steps = {
  light: ["#b8860b", "#a7770f", "#8f6a2a", "#6f5f52", "#4f5579", "#3a4a97", "#293aa8", "#1b1f8a"],
  dark: ["#4a5bd0", "#5f76dd", "#7893e0", "#95b0dc", "#b6cbc9", "#d6dc9c", "#efe06a", "#fff23d"],
};
const rest = { light: ["#8a90a0", "#b4b8c4"], dark: ["#6d7385", "#4b505f"] }; // another value, none

/** palette are the colors of a legend, and of what has none of it. */
export function palette(legend, dark) {
  const theme = dark ? "dark" : "light";
  const list = legend.length && legend[0].value === undefined ? steps[theme] : hues[theme];
  return { of: (c) => (c >= 0 ? list[c % list.length] : rest[theme][c === -1 ? 0 : 1]), plain: hues[theme][0], ink: dark ? "#ecedf2" : "#1a1c22", paper: dark ? "#1b1d24" : "#fff" };
}

export class Plot {
  constructor(canvas, { hover, open, lasso }) {
    Object.assign(this, { canvas, hover, open, lasso, drawing: false, trail: null, at: -1, data: null, only: null, inside: null, rings: [], question: null });
    this.reset();
    canvas.addEventListener("pointerdown", (ev) => this.down(ev));
    canvas.addEventListener("pointermove", (ev) => this.move(ev));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (ev) => this.up(ev));
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("wheel", (ev) => { ev.preventDefault(); this.zoom(Math.exp(-ev.deltaY / 400), ev.offsetX, ev.offsetY); }, { passive: false });
    canvas.addEventListener("keydown", (ev) => this.key(ev));
    for (const f of ["focus", "blur"]) canvas.addEventListener(f, () => { this.keyed = f === "focus" && canvas.matches(":focus-visible"); this.aim(); });
    new ResizeObserver(() => this.soon()).observe(canvas);
    this.pointers = new Map();
  }

  /** set gives the points: x, y, and an index of a color for each. */
  set(data, colors) {
    this.data = data;
    this.colors = colors;
    // Mixed, so that no color lies on top of all others: ids often go by kinds.
    const n = data.x.length, key = Uint32Array.from({ length: n }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
    this.order = Uint32Array.from(key.keys()).sort((a, b) => key[a] - key[b]);
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (let i = 0; i < data.x.length; i++) {
      x0 = Math.min(x0, data.x[i]); x1 = Math.max(x1, data.x[i]);
      y0 = Math.min(y0, data.y[i]); y1 = Math.max(y1, data.y[i]);
    }
    this.box = data.x.length ? [x0, y0, x1, y1] : [-1, -1, 1, 1];
    this.at = -1;
    this.soon();
  }

  reset() { Object.assign(this, { scale: 1, dx: 0, dy: 0 }); this.soon(); }

  // frame is how places become pixels.
  frame() {
    const w = this.canvas.clientWidth, h = this.canvas.clientHeight, [x0, y0, x1, y1] = this.box ?? [-1, -1, 1, 1], edge = 24;
    const fit = Math.min((w - 2 * edge) / Math.max(1e-6, x1 - x0), (h - 2 * edge) / Math.max(1e-6, y1 - y0)), s = fit * this.scale;
    return { w, h, s, px: (x) => w / 2 + this.dx + (x - (x0 + x1) / 2) * s, py: (y) => h / 2 + this.dy - (y - (y0 + y1) / 2) * s };
  }

  soon() {
    this.pending ??= requestAnimationFrame(() => { this.pending = null; this.draw(); });
  }

  draw() {
    const { canvas, data } = this, ratio = devicePixelRatio || 1, ctx = canvas.getContext("2d"), f = this.frame();
    if (!f.w) return;
    if (canvas.width !== Math.round(f.w * ratio) || canvas.height !== Math.round(f.h * ratio)) [canvas.width, canvas.height] = [Math.round(f.w * ratio), Math.round(f.h * ratio)];
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, f.w, f.h);
    if (!data) return;
    const n = data.x.length, grow = Math.min(4, Math.sqrt(this.scale));
    const r = (n > 30000 ? 0.8 : n > 8000 ? 1.2 : n > 1000 ? 2 : n > 100 ? 3.5 : 5) * grow, round = r > 1.6;
    if (round) this.discs(ctx, f, r, n); else this.pixels(ctx, f, r * ratio, ratio, n);
    ctx.globalAlpha = 1;
    this.marks(ctx, f, r);
  }

  // points calls point with each point that is seen, its color and how much it covers:
  // what was not chosen first, and faintly.
  points(f, n, point) {
    const { x, y, colors } = this.data, { inside, only } = this, full = n > 30000 ? 0.6 : 0.8, x0 = f.px(0), y0 = f.py(0);
    for (let pass = inside || only !== null ? 0 : 1; pass < 2; pass++) {
      for (const i of this.order) {
        const c = colors ? colors[i] : 0, chosen = (!inside || inside[i]) && (only === null || only === c);
        if (chosen !== Boolean(pass) && (inside || only !== null)) continue;
        const px = x0 + x[i] * f.s, py = y0 - y[i] * f.s;
        if (px > -9 && py > -9 && px < f.w + 9 && py < f.h + 9) point(px, py, c, pass ? full : 0.12);
      }
    }
  }

  discs(ctx, f, r, n) {
    this.points(f, n, (x, y, c, cover) => {
      ctx.globalAlpha = cover;
      ctx.fillStyle = this.data.colors ? this.colors.of(c) : this.colors.plain;
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 7);
      ctx.fill();
    });
  }

  // pixels writes many small points itself: ten times as fast as asking for each.
  pixels(ctx, f, r, ratio, n) {
    const { width, height } = this.canvas, image = ctx.createImageData(width, height), d = image.data, size = Math.max(1, Math.round(2 * r));
    const rgb = (hex) => { const h = hex.length === 4 ? hex.replace(/\w/g, "$&$&") : hex; return [1, 3, 5].map((i) => parseInt(h.slice(i, i + 2), 16)); };
    const [pr, pg, pb] = rgb(this.colors.paper), known = new Map();
    new Uint32Array(d.buffer).fill((255 << 24) | (pb << 16) | (pg << 8) | pr);
    this.points(f, n, (x, y, c, cover) => {
      let color = known.get(c);
      if (!color) known.set(c, (color = rgb(this.data.colors ? this.colors.of(c) : this.colors.plain)));
      const left = Math.round(x * ratio - size / 2), top = Math.round(y * ratio - size / 2);
      for (let row = Math.max(0, top); row < Math.min(height, top + size); row++) {
        for (let col = Math.max(0, left); col < Math.min(width, left + size); col++) {
          const at = 4 * (row * width + col);
          for (let k = 0; k < 3; k++) d[at + k] += (color[k] - d[at + k]) * cover;
        }
      }
    });
    ctx.putImageData(image, 0, 0);
  }

  // marks are the results, the question, what is pointed at, and the line being drawn.
  marks(ctx, f, r) {
    const { ink, paper } = this.colors;
    const ring = (x, y, size, width, color) => { ctx.beginPath(); ctx.arc(x, y, size, 0, 7); ctx.lineWidth = width; ctx.strokeStyle = color; ctx.stroke(); };
    this.rings.forEach((p, i) => {
      const x = f.px(p.x), y = f.py(p.y);
      ring(x, y, r + 5, 4, paper);
      ring(x, y, r + 5, 2, ink);
      if (i < 9) {
        ctx.font = "600 12px system-ui, sans-serif";
        ctx.lineWidth = 3;
        ctx.strokeStyle = paper;
        ctx.fillStyle = ink;
        ctx.strokeText(i + 1, x + r + 8, y + 4);
        ctx.fillText(i + 1, x + r + 8, y + 4);
      }
    });
    if (this.question) {
      const x = f.px(this.question[0]), y = f.py(this.question[1]);
      ctx.beginPath();
      for (let i = 0; i < 10; i++) ctx.lineTo(x + (i % 2 ? 5 : 12) * Math.sin((i * Math.PI) / 5), y - (i % 2 ? 5 : 12) * Math.cos((i * Math.PI) / 5));
      ctx.closePath();
      Object.assign(ctx, { fillStyle: ink, strokeStyle: paper, lineWidth: 2 });
      ctx.stroke();
      ctx.fill();
    }
    if (this.at >= 0) ring(f.px(this.data.x[this.at]), f.py(this.data.y[this.at]), r + 4, 3, ink);
    if (this.keyed) {
      ctx.beginPath();
      for (const [a, b] of [[-14, -5], [5, 14]]) {
        ctx.moveTo(f.w / 2 + a, f.h / 2); ctx.lineTo(f.w / 2 + b, f.h / 2);
        ctx.moveTo(f.w / 2, f.h / 2 + a); ctx.lineTo(f.w / 2, f.h / 2 + b);
      }
      Object.assign(ctx, { strokeStyle: ink, lineWidth: 2 });
      ctx.stroke();
    }
    if (this.trail?.length > 1) {
      ctx.beginPath();
      for (const [x, y] of this.trail) ctx.lineTo(x, y);
      Object.assign(ctx, { strokeStyle: ink, lineWidth: 2 });
      ctx.setLineDash([6, 4]);
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  zoom(by, x, y) {
    const before = this.scale;
    this.scale = Math.min(200, Math.max(0.5, this.scale * by));
    const k = this.scale / before, f = this.frame(), [cx, cy] = [(x ?? f.w / 2) - f.w / 2, (y ?? f.h / 2) - f.h / 2];
    this.dx = cx - (cx - this.dx) * k;
    this.dy = cy - (cy - this.dy) * k;
    this.soon();
    this.aim();
  }

  /** near is the point at a place of the canvas, or -1. */
  near(x, y, reach) {
    if (!this.data) return -1;
    const f = this.frame();
    let best = -1, least = reach * reach;
    for (let i = 0; i < this.data.x.length; i++) {
      const d = (f.px(this.data.x[i]) - x) ** 2 + (f.py(this.data.y[i]) - y) ** 2;
      if (d < least && (this.only === null || this.data.colors?.[i] === this.only)) { best = i; least = d; }
    }
    return best;
  }

  point(i) {
    if (i === this.at) return;
    this.at = i;
    const f = this.frame();
    this.hover(i, i < 0 ? 0 : f.px(this.data.x[i]), i < 0 ? 0 : f.py(this.data.y[i]));
    this.soon();
  }

  // aim points at what is nearest to the middle, for those without a mouse.
  aim() {
    const f = this.frame();
    if (this.keyed) this.point(this.near(f.w / 2, f.h / 2, Math.max(f.w, f.h))); else if (!this.canvas.matches(":hover")) this.point(-1);
    this.soon();
  }

  down(ev) {
    this.canvas.setPointerCapture(ev.pointerId);
    this.pointers.set(ev.pointerId, [ev.offsetX, ev.offsetY]);
    this.moved = 0;
    if (this.drawing) this.trail = [[ev.offsetX, ev.offsetY]];
  }

  move(ev) {
    const last = this.pointers.get(ev.pointerId);
    if (!last) return this.point(this.near(ev.offsetX, ev.offsetY, 12));
    const now = [ev.offsetX, ev.offsetY];
    this.moved += Math.hypot(now[0] - last[0], now[1] - last[1]);
    if (this.drawing) this.trail.push(now);
    else if (this.pointers.size === 2) { // two fingers
      const [other] = [...this.pointers].filter(([id]) => id !== ev.pointerId).map(([, p]) => p);
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
      this.zoom(apart(now) / Math.max(1, apart(last)), other[0], other[1]);
    } else {
      this.dx += now[0] - last[0];
      this.dy += now[1] - last[1];
    }
    this.pointers.set(ev.pointerId, now);
    this.soon();
  }

  up(ev) {
    if (!this.pointers.delete(ev.pointerId)) return;
    if (this.drawing) {
      const trail = this.trail;
      this.trail = null;
      this.soon();
      if (trail?.length > 2) this.lasso(this.within(trail));
    } else if (this.moved < 5 && ev.type === "pointerup") {
      const i = this.near(ev.offsetX, ev.offsetY, 14);
      if (i >= 0) this.open(i);
    }
  }

  key(ev) {
    const step = 60;
    const keys = {
      ArrowLeft: () => { this.dx += step; }, ArrowRight: () => { this.dx -= step; }, ArrowUp: () => { this.dy += step; }, ArrowDown: () => { this.dy -= step; },
      "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.reset(), Enter: () => { if (this.at >= 0) this.open(this.at); },
    };
    if (!keys[ev.key] || ev.ctrlKey || ev.metaKey || ev.altKey) return;
    ev.preventDefault();
    ev.stopPropagation();
    this.keyed = true;
    keys[ev.key]();
    this.aim();
  }

  /** within are the points inside of a line that is closed. */
  within(line) {
    const f = this.frame(), out = [];
    for (let i = 0; i < this.data.x.length; i++) {
      if (this.only !== null && this.data.colors?.[i] !== this.only) continue;
      const x = f.px(this.data.x[i]), y = f.py(this.data.y[i]);
      let inside = false;
      for (let a = 0, b = line.length - 1; a < line.length; b = a++) {
        const [ax, ay] = line[a], [bx, by] = line[b];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
      if (inside) out.push(i);
    }
    return out;
  }

  /** visible are the points that can be seen. */
  visible() {
    const f = this.frame();
    return this.within([[0, 0], [f.w, 0], [f.w, f.h], [0, f.h]]);
  }
}
