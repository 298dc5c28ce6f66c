// Numbers in the words of people who match hair.

/** A difference of two colors (CIEDE2000) in words. */
export function difference(delta) {
  if (delta < 1) return 'no visible difference';
  if (delta < 2.5) return 'a difference that is hard to see';
  if (delta < 5) return 'a slight difference';
  if (delta < 10) return 'a visible difference';
  return 'a clear difference';
}

/** A combined score under which no shade is close: three in four such matches are wrong. */
export const WEAK = 0.25;

/** A combined score in words. It is a probability: 0.8 is right four times in five, from 0.5 on more often than not. */
export function confidence(score) {
  if (score >= 0.8) return 'Excellent match';
  if (score >= 0.5) return 'Good match';
  if (score >= WEAK) return 'Possible match';
  return 'Weak match';
}

// With spaces that do not break.
export const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
/** A difference of colors as a number. */
export const deltaE = (delta) => `ΔE\u00a0${delta.toFixed(1)}`;

/** `1 photo`, `3 photos`. */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

export const STATUS = {
  pending_data: 'Needs photos',
  untrained: 'Not trained yet',
  training: 'Training…',
  ready: 'Ready',
  stale: 'Changed since training',
  failed: 'Training failed',
};

/** Why a shade matches, in a sentence or two. */
export function reason(match) {
  const color = `by ${deltaE(match.lab_difference_score)}, ${difference(match.lab_difference_score)}`;
  if (match.basis === 'model') {
    return `Its trained model is ${percent(match.svm_score)} sure, and its nearest reference photo differs ${color}.`;
  }
  if (match.basis === 'references') {
    return `By color alone: its nearest reference photo differs ${color}. The shade waits to be trained.`;
  }
  return `By the color of its swatch alone, which differs ${color}.`;
}

/** How a model did on photos it had not seen. */
export function accuracy(model) {
  if (!model?.metrics) return 'Not known yet';
  return percent(model.metrics.balanced_accuracy);
}

/** What the accuracy means, or what it takes to know it. */
export function accuracyHelp(model) {
  if (!model?.metrics) return 'Takes two photos and a second trained shade.';
  const { recall, specificity } = model.metrics;
  return `Knows ${percent(recall)} of its own photos, turns away ${percent(specificity)} of others.`;
}

// Hair of the professional levels 1 to 10, natural and neutral.
export const LEVELS = ['#17120f', '#2a1f19', '#3a2a20', '#4c3626', '#62452c', '#7a5636', '#976d45', '#b88d5f', '#d4b07f', '#ecd7ae'];

/** Black or white, whichever reads better on a color. */
export function inkOn(hex) {
  const channel = (start) => {
    const value = parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.179 ? '#000000' : '#ffffff';
}

/** The swatch of a palette shade as CSS: what lies side by side as stripes, what runs from root to tips as a gradient. */
export function paletteBackground(shade) {
  if (shade.parts.length === 1) return shade.parts[0].hex;
  let reached = 0;
  const stops = shade.parts.flatMap(({ hex, percentage }) => {
    const from = reached;
    reached += percentage;
    return shade.blend === 'rooted' ? [`${hex} ${(from + reached) / 2}%`] : [`${hex} ${from}%`, `${hex} ${reached}%`];
  });
  return `linear-gradient(${shade.blend === 'rooted' ? '180deg' : '100deg'}, ${stops.join(', ')})`;
}
