//! Tells the heads in a photo apart, by place: two people, a collage, a chart of swatches.
//!
//! Hair that hangs together is of one head, and so is hair that touches the same skin, because a face parts the hair
//! around it. Skin and hair do not reach across the seam of a collage. Besides hair with a face, other marked areas are
//! cloth more often than heads (seen on portraits), so they do not count as heads and are not measured.
//!
//! The rules and numbers were chosen on 300 portraits of one person each and 210 collages of two and four of them.

use crate::seams::pictures;
use crate::{HairMask, Region, SoftMap};
use std::collections::BTreeMap;
use strand_photo::Photo;

/// The longer side of the grid on which hair and skin are compared, in cells.
const GRID: usize = 96;
/// Every n-th line of a map is looked at.
const EVERY_LINE: usize = 2;
/// Skin of at least this share of the photo parts hair.
const LEAST_SKIN: f32 = 0.004;
/// Hair this many cells from skin touches it.
const REACH: usize = 2;
/// The least share of all hair that is a head: beside others in one picture, and alone in a picture of a collage.
const LEAST_BESIDE: f32 = 0.15;
const LEAST_ALONE: f32 = 0.04;

/// A head in a photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// The box around its hair, in pixels of the photo.
    pub region: Region,
    /// Its share of the hair of all heads, 0 to 1.
    pub share: f32,
}

/// The heads in a photo, and which hair is whose.
#[derive(Debug, Clone, PartialEq)]
pub struct Heads {
    list: Vec<Head>,
    /// The place in `list` of each cell's hair; `None` for hair that is of no head.
    owners: Vec<Option<usize>>,
    grid: Grid,
}

/// A grid over a photo of `width` by `height` pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    columns: usize,
    rows: usize,
    width: usize,
    height: usize,
}

/// Hair that belongs together.
struct Group {
    cells: Vec<usize>,
    picture: usize,
    has_face: bool,
}

impl Heads {
    /// Finds the heads in a photo, the largest first; none without hair.
    ///
    /// # Panics
    /// If `mask` and `photo` differ in size.
    pub fn find(photo: &Photo, mask: &HairMask) -> Self {
        assert_eq!(
            [photo.width(), photo.height()],
            [mask.width, mask.height],
            "the mask is not of this photo"
        );
        let grid = Grid::over(photo);
        if !mask.shows_hair() {
            return Self {
                list: Vec::new(),
                owners: Vec::new(),
                grid,
            };
        }
        let pictures = grid.pictures(&pictures(photo));
        let hair = grid.marked(&mask.probability, [grid.width, grid.height]);
        let mut skin = mask.skin.as_ref().map_or_else(
            || vec![false; hair.len()],
            |SoftMap {
                 width,
                 height,
                 probability,
             }| { grid.marked(probability, [*width as usize, *height as usize]) },
        );
        for (skin, hair) in skin.iter_mut().zip(&hair) {
            *skin &= !hair;
        }
        let groups = heads_of(grid.groups(&hair, &skin, &pictures));
        let total: usize = groups.iter().map(|group| group.cells.len()).sum();
        let heads = groups.iter().map(|group| Head {
            region: grid.region(&group.cells),
            share: group.cells.len() as f32 / total as f32,
        });
        Self {
            list: heads.collect(),
            owners: grid.owners(&groups, &hair, &pictures),
            grid,
        }
    }

    /// The heads, the largest first.
    pub fn list(&self) -> &[Head] {
        &self.list
    }

    /// Lowers the probability of all hair but that of one head to just below [`HairMask::THRESHOLD`].
    pub fn keep(&self, head: usize, mask: &mut HairMask) {
        if self.owners.iter().all(|owner| *owner == Some(head)) {
            return;
        }
        for (pixel, probability) in mask.probability.iter_mut().enumerate() {
            if *probability >= HairMask::THRESHOLD && self.owners[self.grid.cell_of(pixel)] != Some(head) {
                *probability = HairMask::THRESHOLD - 1;
            }
        }
    }
}

/// The groups that are heads, the largest first.
fn heads_of(mut groups: Vec<Group>) -> Vec<Group> {
    let total: usize = groups.iter().map(|group| group.cells.len()).sum();
    groups.sort_by_key(|group| std::cmp::Reverse(group.cells.len()));
    let any_face = groups.iter().any(|group| group.has_face);
    let mut pictures = Vec::new();
    let mut is_head = |index: usize, group: &Group| {
        let is_first_of_picture = !pictures.contains(&group.picture);
        if is_first_of_picture {
            pictures.push(group.picture);
        }
        let share = group.cells.len() as f32 / total as f32;
        index == 0
            || (is_first_of_picture && share >= LEAST_ALONE)
            || (share >= LEAST_BESIDE && (group.has_face || !any_face))
    };
    let kept: Vec<bool> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| is_head(index, group))
        .collect();
    let mut kept = kept.into_iter();
    groups.retain(|_| kept.next().unwrap_or(false));
    groups
}

impl Grid {
    fn over(photo: &Photo) -> Self {
        let (width, height) = (photo.width() as usize, photo.height() as usize);
        let cells = |side: usize| (side * GRID / width.max(height)).clamp(1, side);
        Self {
            columns: cells(width),
            rows: cells(height),
            width,
            height,
        }
    }

    fn cell_of(&self, pixel: usize) -> usize {
        let (x, y) = (pixel % self.width, pixel / self.width);
        y * self.rows / self.height * self.columns + x * self.columns / self.width
    }

    /// The cells whose mean, over every [`EVERY_LINE`]-th line, is at least [`HairMask::THRESHOLD`] in a map of the photo, of any size.
    fn marked(&self, map: &[u8], [width, height]: [usize; 2]) -> Vec<bool> {
        let mut sums = vec![(0_u32, 0_u32); self.columns * self.rows];
        let column_of: Vec<usize> = (0..width).map(|x| x * self.columns / width).collect();
        let step = (height / self.rows).clamp(1, EVERY_LINE);
        for (y, line) in map.chunks_exact(width).enumerate().step_by(step) {
            let cells = &mut sums[y * self.rows / height * self.columns..][..self.columns];
            for (value, column) in line.iter().zip(&column_of) {
                let (sum, count) = &mut cells[*column];
                *sum += u32::from(*value);
                *count += 1;
            }
        }
        let is_marked = |(sum, count): (u32, u32)| count > 0 && sum >= count * u32::from(HairMask::THRESHOLD);
        sums.into_iter().map(is_marked).collect()
    }

    /// The picture of the collage that each cell lies in.
    fn pictures(&self, pictures: &[Region]) -> Vec<usize> {
        let middle = |index: usize, cells: usize, side: usize| ((2 * index + 1) * side / (2 * cells)) as u32;
        let picture = |cell: usize| {
            let x = middle(cell % self.columns, self.columns, self.width);
            let y = middle(cell / self.columns, self.rows, self.height);
            let is_inside =
                |r: &Region| (r.x..r.x + r.width).contains(&x) && (r.y..r.y + r.height).contains(&y);
            pictures.iter().position(is_inside).unwrap_or(0)
        };
        (0..self.columns * self.rows).map(picture).collect()
    }

    /// The cells within `reach` of a cell, in each direction.
    fn around(&self, cell: usize, reach: usize) -> impl Iterator<Item = usize> {
        let (x, y, columns) = (cell % self.columns, cell / self.columns, self.columns);
        let across = x.saturating_sub(reach)..=(x + reach).min(self.columns - 1);
        let down = y.saturating_sub(reach)..=(y + reach).min(self.rows - 1);
        down.flat_map(move |y| across.clone().map(move |x| y * columns + x))
    }

    /// Numbers the areas of marked cells that hang together within a picture, from 1; 0 is not marked.
    fn areas(&self, marked: &[bool], pictures: &[usize]) -> (Vec<usize>, usize) {
        let mut areas = vec![0; marked.len()];
        let mut count = 0;
        let mut open = Vec::new();
        for start in 0..marked.len() {
            if !marked[start] || areas[start] > 0 {
                continue;
            }
            count += 1;
            areas[start] = count;
            open.push(start);
            while let Some(cell) = open.pop() {
                for next in self.around(cell, 1) {
                    if marked[next] && areas[next] == 0 && pictures[next] == pictures[cell] {
                        areas[next] = count;
                        open.push(next);
                    }
                }
            }
        }
        (areas, count)
    }

    /// The groups of hair: areas, joined where they touch the same skin.
    fn groups(&self, hair: &[bool], skin: &[bool], pictures: &[usize]) -> Vec<Group> {
        let (areas, count) = self.areas(hair, pictures);
        let (faces, face_count) = self.areas(skin, pictures);
        let mut face_size = vec![0; face_count + 1];
        for face in &faces {
            face_size[*face] += 1;
        }
        let least = LEAST_SKIN * hair.len() as f32;
        let mut group_of: Vec<usize> = (0..=count).collect();
        let mut touched = vec![0; face_count + 1];
        let mut has_face = vec![false; count + 1];
        for cell in (0..hair.len()).filter(|cell| hair[*cell]) {
            for near in self.around(cell, REACH) {
                let face = faces[near];
                if face == 0 || face_size[face] as f32 <= least || pictures[near] != pictures[cell] {
                    continue;
                }
                has_face[areas[cell]] = true;
                let group = group_of[areas[cell]];
                let other = std::mem::replace(&mut touched[face], group);
                if other != 0 && other != group {
                    join(&mut group_of, &mut touched, other, group);
                }
            }
        }
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for cell in (0..hair.len()).filter(|cell| hair[*cell]) {
            let group = groups.entry(group_of[areas[cell]]).or_insert_with(|| Group {
                cells: Vec::new(),
                picture: pictures[cell],
                has_face: false,
            });
            group.cells.push(cell);
            group.has_face |= has_face[areas[cell]];
        }
        groups.into_values().collect()
    }

    /// The head of each cell: that of its hair or, where there is none, of the nearest hair in the picture.
    fn owners(&self, heads: &[Group], hair: &[bool], pictures: &[usize]) -> Vec<Option<usize>> {
        let mut owners = vec![None; hair.len()];
        let mut seen = hair.to_vec();
        let mut edge: Vec<usize> = (0..hair.len()).filter(|cell| hair[*cell]).collect();
        for (head, group) in heads.iter().enumerate() {
            for cell in &group.cells {
                owners[*cell] = Some(head);
            }
        }
        while !edge.is_empty() {
            let mut next = Vec::new();
            for cell in edge {
                for near in self.around(cell, 1) {
                    if !seen[near] && pictures[near] == pictures[cell] {
                        (seen[near], owners[near]) = (true, owners[cell]);
                        next.push(near);
                    }
                }
            }
            edge = next;
        }
        owners
    }

    /// The box around cells, in pixels.
    fn region(&self, cells: &[usize]) -> Region {
        let columns = || cells.iter().map(|cell| cell % self.columns);
        let rows = || cells.iter().map(|cell| cell / self.columns);
        let edges = |least: Option<usize>, most: Option<usize>, cells: usize, side: usize| {
            let start = least.unwrap_or(0) * side / cells;
            let end = ((most.unwrap_or(0) + 1) * side).div_ceil(cells).min(side);
            (start as u32, (end - start) as u32)
        };
        let (x, width) = edges(columns().min(), columns().max(), self.columns, self.width);
        let (y, height) = edges(rows().min(), rows().max(), self.rows, self.height);
        Region { x, y, width, height }
    }
}

/// Makes two groups one.
fn join(group_of: &mut [usize], touched: &mut [usize], from: usize, to: usize) {
    for group in group_of.iter_mut().chain(touched) {
        if *group == from {
            *group = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 192;

    /// A photo of one gray with a mask in which `hair` and `skin` are marked.
    fn seen(
        hair: impl Fn(u32, u32) -> bool,
        skin: impl Fn(u32, u32) -> bool,
        gray: impl Fn(u32, u32) -> u8,
    ) -> (Heads, HairMask) {
        let places = || (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
        let rgb = places().flat_map(|(x, y)| [gray(x, y); 3]).collect();
        let byte = |is: bool| if is { 255 } else { 0 };
        let mut mask = HairMask::new(SIDE, SIDE, places().map(|(x, y)| byte(hair(x, y))).collect());
        mask.skin = Some(SoftMap {
            width: SIDE,
            height: SIDE,
            probability: places().map(|(x, y)| byte(skin(x, y))).collect(),
        });
        (Heads::find(&Photo::new(SIDE, SIDE, rgb), &mask), mask)
    }

    fn in_box(x: u32, y: u32, [left, top, right, bottom]: [u32; 4]) -> bool {
        (left..right).contains(&x) && (top..bottom).contains(&y)
    }

    fn plain(_: u32, _: u32) -> u8 {
        120
    }

    fn nowhere(_: u32, _: u32) -> bool {
        false
    }

    #[test]
    fn a_photo_without_hair_has_no_head() {
        let (heads, mut mask) = seen(nowhere, nowhere, plain);
        assert!(heads.list().is_empty());
        heads.keep(0, &mut mask);
    }

    #[test]
    fn a_face_holds_the_hair_around_it_together() {
        let curtains = |x, y| in_box(x, y, [40, 40, 70, 150]) || in_box(x, y, [120, 40, 150, 150]);
        let face = |x, y| in_box(x, y, [70, 40, 120, 120]);
        let (heads, mut mask) = seen(curtains, face, plain);
        assert_eq!(heads.list().len(), 1);
        let before = mask.clone();
        heads.keep(0, &mut mask);
        assert_eq!(mask, before);
        // Without a face, these are two bundles.
        assert_eq!(seen(curtains, nowhere, plain).0.list().len(), 2);
    }

    #[test]
    fn of_two_people_the_larger_head_is_first_and_each_can_be_kept() {
        let hair = |x, y| in_box(x, y, [10, 20, 70, 60]) || in_box(x, y, [120, 20, 180, 90]);
        let faces = |x, y| in_box(x, y, [20, 60, 60, 100]) || in_box(x, y, [130, 90, 170, 130]);
        let (heads, mask) = seen(hair, faces, plain);
        let [first, second] = heads.list() else {
            panic!("{:?}", heads.list())
        };
        assert!((first.share - 70.0 / 110.0).abs() < 0.01 && (second.share - 40.0 / 110.0).abs() < 0.01);
        assert_eq!((first.region.x, second.region.width), (120, 60));
        for (head, place) in [(0, [120, 20, 180, 90]), (1, [10, 20, 70, 60])] {
            let mut mask = mask.clone();
            heads.keep(head, &mut mask);
            let [left, top, right, bottom] = place;
            let region = Region {
                x: left,
                y: top,
                width: right - left,
                height: bottom - top,
            };
            assert_eq!(mask.bounding_box(HairMask::THRESHOLD), Some(region));
        }
    }

    #[test]
    fn what_is_marked_away_from_the_only_face_is_not_measured() {
        let hair = |x, y| in_box(x, y, [40, 20, 120, 60]) || in_box(x, y, [100, 150, 180, 190]);
        let (heads, mut mask) = seen(hair, |x, y| in_box(x, y, [50, 60, 110, 110]), plain);
        assert_eq!(heads.list().len(), 1);
        heads.keep(0, &mut mask);
        assert!(
            mask.bounding_box(HairMask::THRESHOLD)
                .is_some_and(|region| region.y + region.height == 60)
        );
    }

    #[test]
    fn hair_that_touches_across_a_seam_is_of_two_heads() {
        let hair = |x, y| in_box(x, y, [20, 40, 180, 150]);
        assert_eq!(seen(hair, nowhere, plain).0.list().len(), 1);
        let (heads, _) = seen(hair, nowhere, |x, _| if x < 80 { 60 } else { 160 });
        assert_eq!(heads.list().len(), 2);
        assert_eq!(heads.list()[0].region.x, 80);
    }
}
