// SPDX-License-Identifier: MIT
// mxseal._core.mime: the mail reader, as the tests need it to hold it against Python's `email`. Not
// public.
#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "formats/mime.hpp"

namespace mxseal::bindings {
namespace {

struct MailPart {
  py::str media_type;
  py::str filename;
  py::bytes content;
  py::object code;
};

struct Mail {
  py::str mail_from;
  py::str submitter;
  std::vector<MailPart> parts;
};

MailPart convert(const mime::Part& part) {
  std::string filename;
  mime::read_filename(part, filename);
  Bytes content;
  const Result<void> decoded = mime::decode(part, content);
  return {to_text(part.media_type), to_text(filename), py::bytes(content.data(), content.size()),
          decoded ? py::object(py::none()) : to_text(code_name(decoded.error().code))};
}

Mail read_mail(const py::bytes& message) {
  mime::MailReader reader;
  unwrap(reader.read(std::string_view(message)));
  const mime::MailInfo& info = reader.mail();
  Mail mail{to_text(info.mail_from), to_text(info.submitter), {}};
  for (const mime::Part& part : reader.parts()) mail.parts.push_back(convert(part));
  return mail;
}

}  // namespace

void register_mime(py::module_& module) {
  py::class_<MailPart>(module, "Part", "A part of a mail that has no parts of its own.")
      .def_readonly("media_type", &MailPart::media_type, "type/subtype in lower case.")
      .def_readonly("filename", &MailPart::filename, "The name it was sent with, or ''.")
      .def_readonly("content", &MailPart::content, "The bytes, transfer encoding undone.")
      .def_readonly("code", &MailPart::code, "Why the encoding could not be undone, or None.");
  py::class_<Mail>(module, "Mail", "What the reader found in a mail.")
      .def_readonly("mail_from", &Mail::mail_from, "addr-spec of the first address in From.")
      .def_readonly("submitter", &Mail::submitter, "TLS-Report-Submitter.")
      .def_readonly("parts", &Mail::parts, "In the order of the mail.");
  module.def("read_mail", &read_mail, py::arg("message"),
             "Reads a mail (RFC 5322, RFC 2045). Raises ParseError where a limit is met.");
}

}  // namespace mxseal::bindings
