//! Finds the input of a classifier's last layer in an ONNX file, and makes ONNX Runtime return it.
//!
//! ONNX Runtime returns declared graph outputs only, and PP-ResNet50 declares its class scores. Declaring another
//! output needs no rewriting: in the protobuf encoding, a message field that occurs twice is merged, and its repeated
//! fields are appended (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>). So a few bytes at the end
//! of the file, `ModelProto { graph: GraphProto { output: [ValueInfoProto { name }] } }`, add an output to the graph.
//! The file on disk keeps its content and its checksum.
//!
//! The field numbers are those of onnx.proto, which cannot change: `ModelProto.graph` 7; `GraphProto.node` 1,
//! `initializer` 5, `output` 12; `NodeProto.input` 1, `output` 2, `op_type` 4; `TensorProto.name` 8;
//! `ValueInfoProto.name` 1.

use std::collections::HashSet;

/// The domains of operators that ONNX Runtime has by itself. Others would come from libraries, or load files.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];
/// How deep graphs may be in attributes of nodes.
const DEPTH: usize = 8;

/// Refuses a model that names other files or operators from elsewhere, before ONNX Runtime sees it.
///
/// The field numbers, in addition to those above: `ModelProto.opset_import` 8, `functions` 25; `FunctionProto.node` 7,
/// `domain` 10; `GraphProto.sparse_initializer` 15; `NodeProto.attribute` 5, `domain` 7; `AttributeProto.t` 5, `g` 6,
/// `tensors` 10, `graphs` 11, `sparse_tensor` 22, `sparse_tensors` 23; `SparseTensorProto.values` 1, `indices` 2;
/// `TensorProto.external_data` 13; `OperatorSetIdProto.domain` 1.
pub(super) fn check(model: &[u8]) -> Result<(), String> {
    for (number, value) in fields(model)? {
        match number {
            7 => check_graph(value, DEPTH)?,
            8 => check_domain(name(value, 1)?.unwrap_or_default())?,
            25 => {
                for (number, value) in fields(value)? {
                    match number {
                        7 => check_node(value, DEPTH)?,
                        10 => check_domain(text(value)?)?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), String> {
    if DOMAINS.contains(&domain) {
        return Ok(());
    }
    Err(format!(
        "it has operators of the unknown domain \"{}\"",
        domain.escape_debug()
    ))
}

fn check_graph(graph: &[u8], depth: usize) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("its graphs are nested too deeply")?;
    for (number, value) in fields(graph)? {
        match number {
            1 => check_node(value, depth)?,
            5 => check_tensor(value)?,
            15 => check_sparse(value)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_node(node: &[u8], depth: usize) -> Result<(), String> {
    for (number, value) in fields(node)? {
        match number {
            5 => check_attribute(value, depth)?,
            7 => check_domain(text(value)?)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_attribute(attribute: &[u8], depth: usize) -> Result<(), String> {
    for (number, value) in fields(attribute)? {
        match number {
            5 | 10 => check_tensor(value)?,
            6 | 11 => check_graph(value, depth)?,
            22 | 23 => check_sparse(value)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_sparse(tensor: &[u8]) -> Result<(), String> {
    let mut parts = fields(tensor)?
        .into_iter()
        .filter(|(number, _)| matches!(number, 1 | 2));
    parts.try_for_each(|(_, part)| check_tensor(part))
}

fn check_tensor(tensor: &[u8]) -> Result<(), String> {
    if messages(tensor, 13)?.is_empty() {
        return Ok(());
    }
    Err("it keeps data in other files".to_owned())
}

/// The operators that can be a classifier's last layer.
const FULLY_CONNECTED: [&str; 2] = ["Gemm", "MatMul"];

/// Makes a tensor of the model in `bytes` an output, unless it already is one, and returns the position of that output.
///
/// `tensor` is its name. Without a name, it is the input of the last fully connected layer or, if there is no such
/// layer, the first output.
pub(super) fn expose(bytes: &mut Vec<u8>, tensor: Option<&str>) -> Result<usize, String> {
    let graph = Graph::read(bytes)?;
    let wanted = match tensor {
        Some(name) => name.to_owned(),
        None => match graph.classifier_input() {
            Some(name) => name.to_owned(),
            None => return Ok(0),
        },
    };
    if let Some(position) = graph.outputs.iter().position(|&name| name == wanted) {
        return Ok(position);
    }
    if !graph
        .nodes
        .iter()
        .any(|node| node.outputs.contains(&wanted.as_str()))
    {
        return Err(format!("it has no tensor named \"{wanted}\""));
    }
    let position = graph.outputs.len();
    let output = field(7, &field(12, &field(1, wanted.as_bytes())));
    // Reserves exactly this much. Otherwise the vector of a 100 MB file would double.
    bytes.reserve_exact(output.len());
    bytes.extend(output);
    Ok(position)
}

/// Names in a graph, as slices of the file.
#[derive(Default)]
struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    initializers: HashSet<&'a str>,
    outputs: Vec<&'a str>,
}

#[derive(Default)]
struct Node<'a> {
    operator: &'a str,
    inputs: Vec<&'a str>,
    outputs: Vec<&'a str>,
}

impl<'a> Graph<'a> {
    fn read(model: &'a [u8]) -> Result<Self, String> {
        let mut graph = Self::default();
        for part in messages(model, 7)? {
            for (number, value) in fields(part)? {
                match number {
                    1 => graph.nodes.push(Node::read(value)?),
                    5 => graph.initializers.extend(name(value, 8)?),
                    12 => graph.outputs.extend(name(value, 1)?),
                    _ => {}
                }
            }
        }
        if graph.nodes.is_empty() {
            Err("it is no ONNX model".to_owned())
        } else {
            Ok(graph)
        }
    }

    /// The input of the last fully connected layer, without its weights. Nodes are in order of execution.
    fn classifier_input(&self) -> Option<&'a str> {
        let last = self
            .nodes
            .iter()
            .rev()
            .find(|node| FULLY_CONNECTED.contains(&node.operator))?;
        last.inputs
            .iter()
            .copied()
            .find(|input| !self.initializers.contains(input))
    }
}

impl<'a> Node<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut node = Self::default();
        for (number, value) in fields(bytes)? {
            match number {
                1 => node.inputs.push(text(value)?),
                2 => node.outputs.push(text(value)?),
                4 => node.operator = text(value)?,
                _ => {}
            }
        }
        Ok(node)
    }
}

fn name(message: &[u8], number: u64) -> Result<Option<&str>, String> {
    messages(message, number)?
        .first()
        .map(|value| text(value))
        .transpose()
}

fn messages(bytes: &[u8], number: u64) -> Result<Vec<&[u8]>, String> {
    Ok(fields(bytes)?
        .into_iter()
        .filter(|(n, _)| *n == number)
        .map(|(_, value)| value)
        .collect())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| CORRUPT.to_owned())
}

const CORRUPT: &str = "it is no ONNX model, or cut off";

/// The length-delimited fields of a message, by number. Numbers and fixed-width fields are skipped.
fn fields(mut rest: &[u8]) -> Result<Vec<(u64, &[u8])>, String> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        let length = match key & 7 {
            0 => {
                varint(&mut rest)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).unwrap_or(usize::MAX),
            5 => 4,
            _ => return Err(CORRUPT.to_owned()),
        };
        let (value, after) = rest.split_at_checked(length).ok_or(CORRUPT)?;
        rest = after;
        if key & 7 == 2 {
            fields.push((key >> 3, value));
        }
    }
    Ok(fields)
}

fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(CORRUPT)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(CORRUPT.to_owned())
}

/// A length-delimited field.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(value);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Graph, check, expose, field};

    const RESNET: &[u8] = include_bytes!("testdata/resnet.onnx");

    #[test]
    fn the_classifiers_input_becomes_the_last_output() {
        let mut bytes = RESNET.to_vec();
        assert_eq!(expose(&mut bytes, None), Ok(1));
        assert_eq!(
            Graph::read(&bytes).expect("still a model").outputs,
            ["scores", "features"]
        );
        assert_eq!(
            &bytes[..RESNET.len()],
            RESNET,
            "the file's own bytes stay as they are"
        );
        let mut named = RESNET.to_vec();
        assert_eq!(expose(&mut named, Some("pool")), Ok(1));
        assert_eq!(
            Graph::read(&named).expect("still a model").outputs,
            ["scores", "pool"]
        );
    }

    #[test]
    fn a_declared_output_is_used_as_it_is() {
        let mut bytes = RESNET.to_vec();
        assert_eq!(expose(&mut bytes, Some("scores")), Ok(0));
        assert_eq!(bytes, RESNET);
        let mut headless = include_bytes!("testdata/segmenter.onnx").to_vec();
        assert_eq!(
            expose(&mut headless, None),
            Ok(0),
            "no fully connected layer: the output is the features"
        );
    }

    /// A model with one node that is made of `node`, and one initializer that is made of `tensor`.
    fn model(opset: &[u8], node: &[u8], tensor: &[u8]) -> Vec<u8> {
        let graph = [field(1, node), field(5, tensor)].concat();
        [field(8, opset), field(7, &graph)].concat()
    }

    #[test]
    fn models_that_name_files_or_foreign_operators_are_refused() {
        for known in [RESNET, include_bytes!("testdata/segmenter.onnx")] {
            assert_eq!(check(known), Ok(()));
        }
        let (none, foreign) = (&[][..], field(7, b"evil.example"));
        let external = field(13, &[field(1, b"location"), field(2, b"/etc/passwd")].concat());
        let in_attribute = |tensor: &[u8]| field(5, &field(5, tensor));
        let in_graph = |node: &[u8]| field(5, &field(6, &field(1, node)));
        assert_eq!(check(&model(none, none, none)), Ok(()));
        assert_eq!(
            check(&model(&field(1, b"ai.onnx.ml"), &field(7, b"ai.onnx"), none)),
            Ok(())
        );
        for (what, bytes) in [
            ("an operator set", model(&field(1, b"com.example"), none, none)),
            ("a node", model(none, &foreign, none)),
            ("a node of a node", model(none, &in_graph(&foreign), none)),
            ("an initializer", model(none, none, &external)),
            ("an attribute", model(none, &in_attribute(&external), none)),
            (
                "an attribute of a node of a node",
                model(none, &in_graph(&in_attribute(&external)), none),
            ),
        ] {
            assert!(check(&bytes).is_err(), "{what}");
        }
        let deep = (0..20).fold(Vec::new(), |node, _| in_graph(&node));
        assert!(check(&model(none, &deep, none)).unwrap_err().contains("deeply"));
    }

    #[test]
    fn invalid_models_give_an_error_without_a_panic() {
        assert!(expose(&mut RESNET.to_vec(), Some("nowhere")).is_err_and(|e| e.contains("nowhere")));
        for cut in 0..RESNET.len() {
            // A file cut at the end of a field is still a message, so the test only asserts that nothing panics.
            let _ = expose(&mut RESNET[..cut].to_vec(), None);
        }
        for junk in [
            &b""[..],
            b"hello, this is text",
            &[0xff; 64],
            &[0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ] {
            assert!(expose(&mut junk.to_vec(), None).is_err(), "{junk:?}");
        }
    }
}
