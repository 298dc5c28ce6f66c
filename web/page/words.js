// Turns numbers into words and labels.

/** A difference of two colors (CIEDE2000) in words. */
function difference(delta) {
  if (delta < 1) return 'no visible difference';
  if (delta < 2.5) return 'a barely visible difference';
  if (delta < 5) return 'a slight difference';
  if (delta < 10) return 'a noticeable difference';
  return 'a clear difference';
}

/** Combined scores below this are no close match: three in four of them are wrong. */
const WEAK = 0.25;

/** The combined score of a close match in words. It is a probability: 0.8 is right four times in five. */
function confidence(score) {
  if (score >= 0.8) return 'Excellent match';
  if (score >= 0.5) return 'Good match';
  return 'Possible match';
}

/** A difference (CIEDE2000) above which two colors are not close. */
const FAR = 10;

/** Whether an answer has a shade that the photo may well be of. */
export function isClose({ best_matches: [first], no_match_score: none }) {
  if (!first) return false;
  if (first.basis === 'swatch') return first.lab_difference_score < FAR;
  return first.combined_score >= WEAK && first.combined_score >= none;
}

/** How good the first match of an answer is: the confidence, or for a swatch, whose score is no probability, the difference
 *  of the colors. */
export function verdict(answer) {
  const [match] = answer.best_matches;
  if (match.basis === 'swatch') return difference(match.lab_difference_score);
  return isClose(answer) ? confidence(match.combined_score) : 'Weak match';
}

/** The score that goes with it. */
export function score(match) {
  return match.basis === 'swatch' ? deltaE(match.lab_difference_score) : percent(match.combined_score);
}

/** A share from 0 to 1 as a percentage. */
export const percent = (share) => `${Math.round(100 * share)}%`;
/** A CIEDE2000 difference as a number, with a space that does not break. */
export const deltaE = (delta) => `ΔE\u00a0${delta.toFixed(1)}`;

/** With a capital first letter. */
export const capitalized = ([first, ...rest]) => first.toUpperCase() + rest.join('');

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

/** Why a shade matches, in a sentence or two. Only a match by color alone is judged by its difference. */
export function reason(match) {
  const apart = deltaE(match.lab_difference_score);
  const color = `${apart}, ${difference(match.lab_difference_score)}`;
  if (match.basis === 'model') {
    return `Scored by the trained model. By color alone, the nearest reference photo differs by ${apart}.`;
  }
  if (match.basis === 'references') {
    return `Compared by color only: the nearest reference photo differs by ${color}. Train this shade for a better match.`;
  }
  return `Compared by swatch only: the swatch differs by ${color}.`;
}

/** The balanced accuracy on held-out photos. */
export function accuracy(model) {
  if (!model?.metrics) return 'Not measured yet';
  return percent(model.metrics.balanced_accuracy);
}

/** What the accuracy means, or how to get one. */
export function accuracyHelp(model) {
  if (!model?.metrics) {
    return model?.num_images > 1 ? 'Train another shade to measure this.' : 'Add a second photo and train another shade to measure this.';
  }
  const { recall, specificity } = model.metrics;
  return `Recognizes ${percent(recall)} of its own photos; rejects ${percent(specificity)} of others.`;
}

// Hair of the professional levels 1 to 10, natural and neutral.
export const LEVELS = ['#17120f', '#2a1f19', '#3a2a20', '#4c3626', '#62452c', '#7a5636', '#976d45', '#b88d5f', '#d4b07f', '#ecd7ae'];

/** Black or white, whichever has more contrast on a color. */
export function inkOn(hex) {
  const channel = (start) => {
    const value = parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.179 ? '#000000' : '#ffffff';
}

/** Colors with their shares as a CSS background: stripes, or a soft transition. */
export function gradient(colors, direction, { soft = false } = {}) {
  if (colors.length === 1) return colors[0].hex;
  let reached = 0;
  const stops = colors.flatMap(({ hex, percentage }) => {
    const from = reached;
    reached += percentage;
    return soft ? [`${hex} ${(from + reached) / 2}%`] : [`${hex} ${from}%`, `${hex} ${reached}%`];
  });
  return `linear-gradient(${direction}, ${stops.join(', ')})`;
}

/** The swatch of a standard shade as CSS: stripes for highlights, a gradient from root to tip for rooted shades. */
export function paletteBackground(shade) {
  const isRooted = shade.blend === 'rooted';
  return gradient(shade.parts, isRooted ? '180deg' : '100deg', { soft: isRooted });
}
