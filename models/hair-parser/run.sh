#!/usr/bin/env bash
# Makes hair-parser.onnx from the portraits and the teacher. One argument names the step, none runs them all:
#   setup  label  compose  train  export  photos  presence  evaluate  sheets
# These make the committed weights. `things train5` add a stage that they do not have (README.md); with a GPU:
#   STEPS5A=15000 STEPS5=15000 TRAIN5="--device cuda --workers 14 --batch 32 --half --keep 0.999" SIGHT=24000 ./run.sh things train5
# After any training, repeat `export photos presence`: the judgment reads the network's features.
# STRAND_SHARED: the shared folder (default: ../shared beside the repository); PARSER_WORK: work files (default: work/).
set -euo pipefail
cd "$(dirname "$0")"
export PARSER_WORK="${PARSER_WORK:-$PWD/work}" OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OMP_WAIT_POLICY=PASSIVE
venv="${PARSER_VENV:-$PARSER_WORK/venv}"
python="$venv/bin/python"

setup() { mkdir -p "$PARSER_WORK"; [ -x "$python" ] || python3 -m venv "$venv"; "$venv/bin/pip" install -q -r requirements.txt; }
label() { "$python" data.py; }
compose() { "$python" compose.py train --count 3600; "$python" compose.py train --count 1600 --first 9 --kind hairless; "$python" compose.py eval "$PARSER_WORK/eval"; }
things() {
  # what the portraits do not show: textured hair, coverings, and things; the photographs of things come from Debian
  "$python" things.py "$PARSER_WORK/packages"
  "$python" sight.py train --count "${SIGHT:-1600}"
  "$python" sight.py train --count "$((${SIGHT:-1600} * 5 / 8))" --first 500 --kind thing
  "$python" sight.py train --count "$((${SIGHT:-1600} * 3 / 8))" --first 600 --kind piece
  "$python" sight.py eval "$PARSER_WORK/sight-eval"
}
train() {
  # windows of 288 px of frames of 384 px first: a cheaper step at the scale of use; then whole frames, the portraits
  # half as they are, from a start that is one part teacher
  "$python" train.py --out stage1.pt --side 288 --view 384 --steps "${STEPS1:-1000}"
  "$python" train.py --out stage2.pt --init stage1.pt --mix 0.8 --side 384 --batch 12 --share 0.7 --mild 0.55 --rate 0.7 --seed 2 --steps "${STEPS2:-625}"
  # then hair of any shade, at last with more pictures that have none
  "$python" train.py --out stage3.pt --init stage2.pt --side 384 --batch 12 --share 0.75 --mild 0.5 --dye 0.6 --rate 0.7 --seed 3 --steps "${STEPS3:-1500}"
  "$python" train.py --out stage4.pt --init stage3.pt --side 384 --batch 12 --share 0.55 --mild 0.6 --dye 0.5 --rate 0.5 --seed 4 --steps "${STEPS4:-550}"
}
train5() {
  # then textured hair of every kind, and what is no hair at all: windows first, as in stage 1; then whole frames, more of
  # them portraits
  # shellcheck disable=SC2086
  "$python" train.py --out stage5a.pt --init "${1:-hair-parser.onnx}" --side 288 --view 384 --batch 8 --keep 0.99 --share 0.4 --mild 0.6 --dye 0.5 --sight 0.7 --seed 16 --steps "${STEPS5A:-2200}" ${TRAIN5:-}
  # shellcheck disable=SC2086
  "$python" train.py --out stage5.pt --init stage5a.pt --batch 6 --keep 0.995 --share 0.66 --mild 0.7 --dye 0.5 --sight 0.65 --rate 0.8 --seed 17 --steps "${STEPS5:-2000}" ${TRAIN5:-}
}
export_() { "$python" export.py --state "${STATE:-stage4.pt}" --mix "${MIX:-0.9}"; }
photos() { "$python" photos.py; }
presence() {
  [ -f "$PARSER_WORK/things.npz" ] || "$python" things.py "$PARSER_WORK/packages"
  for part in photographs portraits composed textured drawn coverings; do "$python" presence.py measure "$part"; done
  "$python" presence.py fit
  "$python" presence.py cover
}
evaluate() { "$python" evaluate.py "$PARSER_WORK/eval"; }
kinds() { "$python" evaluate.py "$PARSER_WORK/sight-eval" --kinds; }
sheets() { "$python" sheets.py "$PARSER_WORK/eval"; }

for step in ${@:-setup label compose train export photos presence evaluate sheets}; do
  case "$step" in export) export_ ;; setup | label | compose | things | train | train5 | photos | presence | evaluate | kinds | sheets) "$step" ;; *) echo "unknown step $step" >&2; exit 2 ;; esac
done
